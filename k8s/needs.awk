# What a rendered overlay needs that it does not make itself: `secret NAME` for each Secret that is referred to and that no
# operator will make for it, `server KIND/NAME` for each resource that an operator has to make ready first.

/^kind: / { kind = tolower($2) }
/^[a-z]/ { section = $1 }

section == "metadata:" && /^  name: / {
    if (kind == "kafkauser") made[$2]
    if (kind == "kafka") made[$2 "-cluster-ca-cert"]
    if (kind == "kafka" || kind == "kafkauser" || kind == "k8ssandracluster") print "server " kind "/" $2
}

# `secretKeyRef:`, `superuserSecretRef:`, `secret:` of a volume: the name stands below it, one step further in.
below && match($0, /[^ ]/) {
    if (RSTART < below) below = 0
    else if (RSTART == below && $1 == "name:") named[$2]
}
match($0, /[A-Za-z]*[sS]ecret(KeyRef|Ref)?:$/) { below = RSTART + 2 }
$1 == "secretName:" { named[$2] }

END { for (name in named) if (!(name in made)) print "secret " name }
