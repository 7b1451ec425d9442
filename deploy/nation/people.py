"""Made-up owners.  Nobody here exists; their codes only have the right shape."""
import random

# Where offices of each province file, by its first two digits.
DIVISIONS = {
    "44": ["440103", "440104", "440105", "440106", "440111", "440112",
           "440113", "440303", "440304", "440305", "440306", "440307",
           "440308", "440402", "440403", "440404", "440507", "440511",
           "440604", "440605", "440606"],
    "33": ["330102", "330105", "330106", "330108", "330203", "330205"],
    "51": ["510104", "510105", "510106", "510107", "510108"],
}
CITY = {"44": "广东", "33": "浙江", "51": "四川"}
FIRST = "云海明远恒瑞安和鸿泰华信盛景新光正德嘉禾"
TRADE = ["数据科技", "精密仪器", "海洋生物", "建筑设计", "文化传媒",
         "新能源", "供应链管理", "医疗器械"]
SURNAME = "王李张刘陈杨赵黄周吴"
GIVEN = ["建国", "晓岚", "志远", "雅琴", "思源", "文博", "秀英", "海涛"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(rng, division):
    """GB 32100-2015, with the check character of the organisation code too."""
    body = "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY")
                   for _ in range(8))
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    c9 = 11 - sum(values.index(c) * w for c, w in zip(
        body, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    first = "91" + division + body + {10: "X", 11: "0"}.get(c9, str(c9))
    s = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first))
    return first + ALPHABET[(31 - s % 31) % 31]


class Owner:
    def __init__(self, rng, province):
        self.division = rng.choice(DIVISIONS.get(province,
                                                 [province + "0000"]))
        self.name = "%s%s%s有限公司" % (
            CITY.get(province, "国信"), "".join(rng.sample(FIRST, 2)),
            rng.choice(TRADE))
        self.code = credit_code(rng, self.division)
        self.person = rng.choice(SURNAME) + rng.choice(GIVEN)

    def wants(self, kind):
        """The body of an application for one kind of seal."""
        name, text = {
            1: (self.name, ""),
            2: (self.name + "财务专用章", "财务专用章"),
            4: (self.name + "合同专用章", "合同专用章"),
            5: (self.person, ""),
            6: (self.name + "业务专用章", "业务专用章"),
        }[kind]
        return {"owner_name": self.name, "credit_code": self.code,
                "division": self.division, "seal_type": kind,
                "seal_name": name, "horizontal_text": text}


def two_owners(seed, province):
    rng = random.Random("sealreg story %d" % seed)
    return Owner(rng, province), Owner(rng, province)
