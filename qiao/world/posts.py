"""What the people of the sample world say, in the order of saying it."""

import msgspec


class Saying(msgspec.Struct, frozen=True):
    """One post. `name` is how replies and reactions here call it."""

    name: str
    by: str
    text: str
    to: str = ""
    likes: tuple[str, ...] = ()
    saves: tuple[str, ...] = ()


POSTS = (
    Saying(
        "hello",
        "emma",
        "Hello from Ohio! I have been told that I must pay a cat tax to enter. How does one pay? #cattax",
        likes=("mei", "xiaoyu", "sofia", "tang", "jake"),
    ),
    Saying(
        "welcome",
        "mei",
        "欢迎欢迎！交猫税很简单：发一张你家猫的照片就行，没有猫可以发狗。#猫税",
        likes=("emma", "xiaoyu", "lin", "tang", "marcus"),
        saves=("emma",),
    ),
    Saying("how", "mei", "Just a photo of your cat! 一张照片就好～", "hello", likes=("emma", "jake")),
    Saying(
        "paid",
        "emma",
        "Paid in full: this is Biscuit, 4 years old, afraid of bread. #cattax #猫税",
        likes=("mei", "xiaoyu", "sofia", "lin", "tang", "marcus", "jake"),
        saves=("xiaoyu", "mei"),
    ),
    Saying("bread", "xiaoyu", "Biscuit（饼干）居然怕面包？哈哈哈太可爱了", "paid", likes=("emma", "mei")),
    Saying(
        "three",
        "xiaoyu",
        "我家三只猫，所以我要交三份税：橘子、芝麻、汤圆。汤圆不肯看镜头。#猫税",
        likes=("mei", "emma", "sofia", "tang"),
        saves=("emma", "sofia"),
    ),
    Saying(
        "names",
        "sofia",
        "Orange, Sesame and Tangyuan are the best cat names I have ever heard.",
        "three",
        likes=("xiaoyu", "mei"),
    ),
    Saying(
        "tofu",
        "haoran",
        "今天教大家做麻婆豆腐：豆腐先焯水，牛肉末炒香，一勺豆瓣酱，最后撒花椒粉。#美食 #food",
        likes=("mei", "jake", "tang", "priya"),
        saves=("mei", "jake", "priya"),
    ),
    Saying(
        "paste",
        "jake",
        "@haoran is this doubanjiang something I can find in a normal store here? #food",
        "tofu",
        likes=("haoran",),
    ),
    Saying("asian", "haoran", "亚洲超市都有，认准“郫县豆瓣”四个字。", "paste", likes=("jake", "mei")),
    Saying(
        "tried",
        "jake",
        "Day two. I made the mapo tofu. I cried, I ate all of it, I will do it again. #food #美食",
        likes=("haoran", "mei", "emma", "priya", "tang"),
        saves=("haoran",),
    ),
    Saying("less", "tang", "第一次可以少放一点花椒😂", "tried", likes=("jake", "haoran")),
    Saying(
        "selfie",
        "sofia",
        "First selfie here, straight from a rainy Seattle bus stop. Say hi! #selfie",
        likes=("mei", "emma", "marcus", "xiaoyu"),
    ),
    Saying("hi", "mei", "Hi Sofía！你的围巾好好看", "selfie", likes=("sofia",)),
    Saying("selfie2", "tang", "自拍一张，头发被风吹成了蒲公英。#自拍 #selfie", likes=("mei", "haoran", "emma")),
    Saying("dandelion", "emma", "A dandelion! I love it. We have the same hair problem.", "selfie2", likes=("tang",)),
    Saying(
        "dog",
        "marcus",
        "No cat, so I pay in dog. This is Moose. He thinks he is a cat. #cattax #pets",
        likes=("mei", "lin", "emma", "sofia", "xiaoyu"),
        saves=("lin",),
    ),
    Saying("accepted", "lin", "狗狗也收！Moose 這個名字好有氣勢。", "dog", likes=("marcus", "mei")),
    Saying(
        "tea",
        "lin",
        "週末去飲早茶：蝦餃、燒賣、腸粉，一樣都不能少。#美食 #早茶",
        likes=("mei", "tang", "marcus"),
        saves=("marcus",),
    ),
    Saying(
        "order",
        "marcus",
        "What should a beginner order? I can read some Chinese but menus scare me.",
        "tea",
        likes=("lin",),
    ),
    Saying(
        "shrimp",
        "lin",
        "Start with 蝦餃 (shrimp dumplings). Nobody has ever been sad about them.",
        "order",
        likes=("marcus", "mei", "emma"),
    ),
    Saying(
        "dosa",
        "priya",
        "Sunday dosa with my mother's sambar. Ask me for the recipe, she says you all look thin. #food",
        likes=("mei", "jake", "haoran", "emma"),
        saves=("jake", "mei"),
    ),
    Saying("recipe", "mei", "想要菜谱！替我谢谢阿姨❤️", "dosa", likes=("priya",)),
    Saying(
        "words",
        "emma",
        "Words I learned today: 猫 (cat), 谢谢 (thank you), 哈哈哈 (me, all day).",
        likes=("mei", "xiaoyu", "tang", "lin", "sofia"),
        saves=("sofia",),
    ),
    Saying(
        "english",
        "tang",
        "我今天学了三个英文词：cozy, brunch, golden retriever。发音好难！",
        likes=("mei", "emma", "haoran"),
    ),
    Saying(
        "brunch",
        "jake",
        "Brunch is breakfast for people who sleep late. You are an expert already.",
        "english",
        likes=("tang", "mei"),
    ),
    Saying(
        "homework",
        "xiaoyu",
        "有没有人可以帮我看一下英语作文？题目是 My Weekend，我写了我的三只猫。",
        likes=("mei", "sofia"),
    ),
    Saying(
        "help",
        "sofia",
        "Send it! I promise to correct only the grammar and not the cats.",
        "homework",
        likes=("xiaoyu", "mei", "emma"),
    ),
    Saying(
        "rice",
        "haoran",
        "剩饭不要扔，打个蛋，加点葱花，五分钟蛋炒饭。#美食",
        likes=("mei", "tang", "jake"),
        saves=("tang", "jake"),
    ),
    Saying(
        "fluffy",
        "priya",
        "Egg fried rice is the one dish that every grandmother in the world would agree on. #food",
        likes=("haoran", "mei", "jake"),
    ),
    Saying(
        "parrot", "lin", "有人養鸚鵡嗎？我家那隻學會了學我媽叫我起床。#寵物 #pets", likes=("mei", "xiaoyu", "marcus")
    ),
    Saying("alarm", "emma", "An alarm clock with feathers. I would like to order one.", "parrot", likes=("lin", "mei")),
    Saying("snow", "marcus", "It snowed. Moose ate all of it. #pets", likes=("mei", "lin", "sofia", "emma")),
    Saying("nosnow", "mei", "广州从来不下雪，替我也吃一口！", "snow", likes=("marcus", "lin")),
    Saying(
        "grocery",
        "jake",
        "What do a dozen eggs cost where you live? I will go first: 4 dollars and 20 cents. #food",
        likes=("mei", "haoran", "emma"),
    ),
    Saying("eggs", "haoran", "我们这里一斤大概五块钱，差不多八个蛋。", "grocery", likes=("jake", "mei")),
    Saying(
        "sleepcat",
        "xiaoyu",
        "芝麻睡在我的键盘上，所以今天不加班。#猫税",
        likes=("mei", "emma", "tang", "sofia"),
        saves=("mei",),
    ),
    Saying("boss", "sofia", "Sesame is the manager we all deserve.", "sleepcat", likes=("xiaoyu", "mei")),
    Saying(
        "night",
        "mei",
        "晚安朋友们！Good night, new friends. 明天继续交猫税。#猫税 #cattax",
        likes=("emma", "xiaoyu", "tang", "lin", "sofia", "marcus", "jake", "haoran", "priya"),
    ),
    Saying(
        "morning",
        "emma",
        "Good night! It is morning here. The bridge never sleeps.",
        "night",
        likes=("mei", "marcus", "lin"),
    ),
)
