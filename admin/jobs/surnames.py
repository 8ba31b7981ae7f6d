"""Surnames whose reading differs from the character's usual one, and surnames of two characters.

Readings as 现代汉语词典 gives them for surnames; where families differ, the commoner.
"""

from typing import Final

SINGLE: Final = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "朴": "piao", "任": "ren", "华": "hua", "查": "zha",
    "盖": "ge", "乐": "yue", "区": "ou", "翟": "zhai", "折": "she", "缪": "miao", "宁": "ning", "覃": "qin",
    "种": "chong", "繁": "po", "秘": "bi", "冼": "xian", "洗": "xian", "黑": "he", "员": "yun", "贠": "yun",
    "尉": "wei", "应": "ying", "车": "che", "召": "shao", "柏": "bai", "祭": "zhai", "晁": "chao", "隗": "wei",
    "訾": "zi", "阚": "kan", "燕": "yan", "干": "gan", "谌": "chen", "能": "nai", "那": "na", "哈": "ha",
    "句": "gou", "相": "xiang", "都": "du", "薄": "bo", "牟": "mu", "万": "wan", "纪": "ji", "葛": "ge",
    "长": "zhang", "重": "chong", "降": "jiang", "撒": "sa", "占": "zhan", "令": "ling", "曲": "qu",
    "石": "shi", "沈": "shen", "贾": "jia", "卜": "bu", "红": "hong", "宿": "su", "臧": "zang", "逄": "pang",
    "过": "guo", "於": "yu", "殷": "yin", "俞": "yu", "郗": "xi", "佴": "nai", "宓": "mi", "乜": "nie",
}  # fmt: skip

DOUBLE: Final = {
    "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "诸葛": "zhu ge", "东方": "dong fang",
    "皇甫": "huang fu", "尉迟": "yu chi", "公孙": "gong sun", "慕容": "mu rong", "令狐": "ling hu",
    "长孙": "zhang sun", "宇文": "yu wen", "司徒": "si tu", "夏侯": "xia hou", "轩辕": "xuan yuan",
    "端木": "duan mu", "独孤": "du gu", "南宫": "nan gong", "西门": "xi men", "万俟": "mo qi",
    "澹台": "tan tai", "单于": "chan yu", "呼延": "hu yan", "闻人": "wen ren", "太史": "tai shi",
    "申屠": "shen tu", "钟离": "zhong li", "赫连": "he lian", "鲜于": "xian yu", "司空": "si kong",
    "濮阳": "pu yang", "淳于": "chun yu", "拓跋": "tuo ba", "百里": "bai li", "第五": "di wu",
}  # fmt: skip
