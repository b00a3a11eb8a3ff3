"""The floors: the barest code that does the same work with the same library, without anything of the product around."""
