"""What the people of a load say: about as long as people's posts are, in both languages, under the usual topics."""

_SAYINGS = (
    "Paying my cat tax with interest today: this is Biscuit, who learned to open the fridge and now judges how I "
    "cook. Does anyone here know how to keep a cat away from dumplings? #cattax #food",
    "交猫税啦！这是我家的橘子，三岁，会自己开冰箱，最爱的玩具是快递盒。大家家里的猫也这样吗？"
    "今天还做了番茄炒蛋，味道不错，想看菜谱的留言。#猫税 #美食",
    "First time making mapo tofu with the chili paste you all told me to get. It is hot, it is good, the kitchen "
    "smells wonderful, and the dog will not leave the room. Thank you, neighbors! #food #pets",
    "今天在公园遛狗遇到一只柯基，两只小短腿跑得飞快。顺便拍了一张自拍，风有点大，头发全乱了，"
    "请大家轻点笑。明天打算去吃早茶。#自拍 #宠物",
)


def text(number: int) -> str:
    """The text of the numbered post: no two are the same."""
    return f"{_SAYINGS[number % len(_SAYINGS)]} ({number})"
