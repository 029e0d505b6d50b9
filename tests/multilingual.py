"""Sentences in many languages, and strings that tokenisers disagree on."""

import re
from pathlib import Path

from index.loaders import LOADERS

SEEDS = Path(__file__).parent.parent / "seeds" / "documents"

# One notice of a town in many languages and scripts; each is cut into sentences and pairs of them.
NOTICES = """
De bibliotheek gaat om negen uur open. Op zondag is zij gesloten. Een pas kost 38 euro per jaar.
Die Bücherei öffnet um neun Uhr. Sonntags bleibt sie geschlossen. Ein Ausweis kostet 38 € im Jahr.
The library opens at nine o'clock. On Sundays it's closed. A card costs £38 (per year).
La bibliothèque ouvre à neuf heures. Le dimanche, elle est fermée. Une carte coûte 38 euros par an.
La biblioteca abre a las nueve. ¿Y los domingos? ¡Cerrada! El carné cuesta 38 € al año.
La biblioteca apre alle nove. La domenica è chiusa. La tessera costa 38 euro all'anno.
A biblioteca abre às nove horas. Aos domingos não há serviço. O cartão custa 38 euros por ano.
Biblioteket åpner klokken ni. På søndager er det stengt. Et lånekort koster 380 kroner i året.
Biblioteket öppnar klockan nio. På söndagar är det stängt. Ett lånekort kostar 380 kronor om året.
Kirjasto avataan yhdeksältä. Sunnuntaisin se on suljettu. Kortti maksaa 38 euroa vuodessa.
Biblioteka otwiera się o dziewiątej. W niedziele jest zamknięta. Karta kosztuje 160 złotych.
Knihovna otevírá v devět hodin. V neděli je zavřeno. Průkaz stojí 900 korun ročně.
A könyvtár kilenckor nyit. Vasárnap zárva tart. A kártya ára évi 15 000 forint.
Biblioteca se deschide la ora nouă. Duminica este închisă. Cardul costă 190 de lei pe an.
Kütüphane saat dokuzda açılır. Pazar günleri kapalıdır. Kart yılda 1.500 liradır.
Thư viện mở cửa lúc chín giờ. Chủ nhật thư viện đóng cửa. Thẻ giá 900.000 đồng một năm.
Perpustakaan buka pukul sembilan. Pada hari Minggu tutup. Kartu berharga 600.000 rupiah setahun.
Библиотека открывается в девять часов. По воскресеньям она закрыта. Билет стоит 3800 рублей в год.
Бібліотека відчиняється о дев'ятій. У неділю зачинено. Квиток коштує 1600 гривень на рік.
Библиотеката отваря в девет часа. В неделя е затворена. Картата струва 75 лева годишно.
Η βιβλιοθήκη ανοίγει στις εννέα. Τις Κυριακές είναι κλειστή. Η κάρτα κοστίζει 38 ευρώ τον χρόνο.
المكتبة تفتح في الساعة التاسعة. يوم الأحد مغلقة. ثمن البطاقة ٣٨ يورو في السنة.
کتابخانه ساعت نه باز می‌شود. یکشنبه‌ها تعطیل است. بهای کارت سالانه ۳۸ یورو است.
הספרייה נפתחת בשעה תשע. ביום ראשון היא סגורה. כרטיס עולה 38 אירו לשנה.
पुस्तकालय नौ बजे खुलता है। रविवार को बंद रहता है। कार्ड का मूल्य ३८ यूरो प्रति वर्ष है।
গ্রন্থাগার নয়টায় খোলে। রবিবার বন্ধ থাকে। কার্ডের দাম বছরে ৩৮ ইউরো।
நூலகம் ஒன்பது மணிக்குத் திறக்கும். ஞாயிற்றுக்கிழமை மூடப்படும். அட்டை ஆண்டுக்கு 38 யூரோ.
ห้องสมุดเปิดเวลาเก้าโมง. วันอาทิตย์ปิด. บัตรราคา 38 ยูโรต่อปี.
图书馆九点开门。 星期日闭馆。 借书证每年三十八欧元。
圖書館九點開門。 星期日休館。 借書證每年三十八歐元。
図書館は九時に開きます。 日曜日は休館です。 カードは年間三十八ユーロです。
도서관은 아홉 시에 문을 엽니다. 일요일에는 닫습니다. 카드는 일 년에 38유로입니다.
"""

ODD = (
    "",
    " ",
    "   two  blanks   at both ends  ",
    "\ttabs\tand\u3000ideographic\u3000spaces\n\nand lines\r\n",
    "ﬁne ﬂats, ｆｕｌｌ ｗｉｄｔｈ, ½ Ⅳ ² ™ ﷺ",
    "ﾊﾝｶｸ ｶﾀｶﾅ ﾀﾞｹﾞ",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 한글",
    "e\u0301te\u0301 été A\u030angstro\u0308m \u0323\u0307",
    "zero\u200bwidth\u200djoiner\ufeffmark\u00ad soft",
    "no\u00a0break\u202fspaces\u2009thin",
    "👩‍👧‍👦 🇳🇱🇩🇪 👍🏽 ☕️",
    "<s> </s> <pad> <unk> <mask> literal",
    "𒀀𒁀𒂀 𓀀𓁐 unknown scripts 𝔉𝔯𝔞𝔨𝔱𝔲𝔯",
    "क़ख़ग़ड़ढ़ ड़ ढ़",
    "ﻻ ﷲ لا الله",
    "Straße STRASSE ẞ İı ǅ",
    "x" * 600,
    "word " * 900,
    "a\x01b\x1fc\x7fd\x85e",
    "cut\0here",
    "▁literal▁metaspace ▁ ▁▁",
    "\u202eright to left\u202c",
)


def sentences():
    """Sentences and pairs of the notices, and paragraphs of the sample documents."""
    found = []
    for line in NOTICES.strip().splitlines():
        parts = re.split(r"(?<=[.。।!?]) ", line)
        found += [line, *parts, *(f"{a} {b}" for a, b in zip(parts, parts[1:], strict=False))]
    for path in sorted(SEEDS.iterdir()):
        lines = LOADERS[path.suffix](path).text.splitlines()
        found += [line.strip() for line in lines if len(line.strip()) > 30]
    return list(dict.fromkeys(found))
