"""Invented citizens and what they write: names, numbers of identity in all their spellings, typing errors."""

from __future__ import annotations

from functools import lru_cache

from connectors.simulator.world.facts import Citizen

FIRST = (
    *("Ahmad", "Budi", "Siti", "Dewi", "Agus", "Sri", "Rina", "Joko", "Nur", "Andi"),
    *("Fitri", "Hendra", "Yuni", "Rudi", "Lina", "Dedi", "Ratna", "Eko", "Maya", "Asep"),
    *("Euis", "Wawan", "Neneng", "Udin", "Tuti", "Iwan", "Lilis", "Bambang", "Endang", "Rizki"),
    *("Putri", "Dian", "Fajar", "Indah", "Yusuf", "Aminah", "Taufik", "Halimah", "Surya", "Wulan"),
)
LAST = (
    *("Santoso", "Wijaya", "Hidayat", "Rahmawati", "Saputra", "Lestari", "Kurniawan", "Susanti", "Firmansyah"),
    *("Handayani", "Setiawan", "Maulana", "Permata", "Nugroho", "Suryani", "Hakim", "Utami", "Gunawan"),
    *("Anggraini", "Siregar", "Simanjuntak", "Tanuwijaya", "Ramadhan", "Sulaeman", "Mulyadi", "Wahyuni"),
)
STREETS = ("Melati", "Mawar", "Kenanga", "Cempaka", "Merdeka", "Pahlawan", "Masjid", "Sekolah", "Pasar", "Cendana", "Mangga")
_PREFIXES = ("0812", "0813", "0821", "0852", "0857", "0878", "0896", "0815")
_SAID = {
    "Sampah": ("sampah menumpuk di pinggir jalan sudah {n} hari", "TPS liar, bau menyengat", "truk sampah tidak datang"),
    "Jalan rusak": (
        "jalan berlubang dekat {tempat}, sering ada yang jatuh",
        "aspal rusak parah",
        "lubang besar di depan {tempat}",
    ),
    "Drainase dan genangan": ("got mampet, air masuk ke rumah", "genangan {n}0 cm di depan {tempat}", "saluran tersumbat sampah"),
    "Lampu jalan": ("lampu PJU mati sudah {n} hari", "jalan gelap dekat {tempat}, rawan", "lampu jalan kedip-kedip"),
    "Parkir liar": ("parkir liar di depan {tempat}", "truk parkir di bahu jalan, macet", "parkir sembarangan menutup gang"),
    "Kemacetan dan lalu lintas": ("lampu merah tidak berfungsi", "macet parah tiap pagi di {tempat}", "perlu rambu di {tempat}"),
    "Pedagang kaki lima": ("PKL menutup trotoar {tempat}", "pedagang berjualan di badan jalan"),
    "Ketertiban umum": ("suara keras sampai malam", "ada yang mabuk-mabukan dekat {tempat}", "tawuran pelajar"),
    "Administrasi kependudukan": ("KTP saya belum jadi sudah {n} minggu", "KK salah nama", "akta lahir anak belum selesai"),
    "Bantuan sosial": ("bansos belum diterima bulan ini", "keluarga tidak mampu tidak terdata", "mohon pendataan ulang"),
    "Pelayanan kesehatan": ("antre puskesmas {n} jam", "obat di puskesmas kosong", "mohon fogging, ada kasus DBD"),
    "Pendidikan": ("atap kelas bocor", "pungutan di sekolah", "daftar ulang tidak jelas"),
    "Pohon tumbang": ("pohon tumbang menutup jalan dekat {tempat}", "dahan rapuh dekat kabel listrik"),
    "Perumahan dan permukiman": ("rumah tidak layak huni", "MCK umum rusak", "fasum perumahan belum diserahkan"),
    "Perizinan": ("izin usaha belum terbit {n} minggu", "syarat izin tidak jelas"),
    "Kebakaran": ("kebakaran dekat {tempat}", "asap tebal dari gudang", "korsleting listrik di rumah warga"),
    "Kecelakaan lalu lintas": ("tabrakan motor dekat {tempat}", "kecelakaan, {n} orang luka"),
    "Gawat darurat medis": ("orang pingsan di {tempat}", "ibu mau melahirkan, perlu ambulans", "sesak napas, perlu ambulans"),
    "Evakuasi hewan": ("ular masuk rumah", "sarang tawon dekat {tempat}"),
}
_PLACES = ("pasar", "masjid", "SD", "puskesmas", "minimarket", "kantor kelurahan", "jembatan", "pertigaan", "terminal")
_LOOSE = (("tidak", "tdk"), ("yang", "yg"), ("sudah", "sdh"), ("jalan", "jln"), ("dengan", "dgn"), ("sampai", "smp"))


def parts(seed: int, *sizes: int) -> list[int]:
    """Several small numbers out of one large one, each below its size."""
    found = []
    for size in sizes:
        seed, value = divmod(seed, size)
        found.append(value)
    return found


def mixed(number: int) -> int:
    """A well-mixed 64-bit number of another (the finaliser of splitmix64): one citizen's facts from his number."""
    number = (number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return number ^ (number >> 31)


@lru_cache(maxsize=4096)
def citizen(number: int, kecamatan: str) -> Citizen:
    """The citizen of a number whose identity was made out in a kecamatan (``36.71.01``); always the same one."""
    seed, more = mixed(number), mixed(number + 1)
    first, last, day, month, year, woman, serial = parts(seed, len(FIRST), len(LAST), 28, 12, 45, 2, 9000)
    prefix, phone, street, house, rt, rw = parts(more, len(_PREFIXES), 10**8, len(STREETS), 120, 9, 12)
    district = "".join(part for part in kecamatan.split(".") if part.isdigit())[:6].ljust(6, "0")
    name = f"{FIRST[first]} {LAST[last]}"
    return Citizen(
        name=name,
        nik=f"{district}{day + 1 + 40 * woman:02d}{month + 1:02d}{(year + 60) % 100:02d}{serial + 1:04d}",
        phone=f"{_PREFIXES[prefix]}{phone:08d}",
        email=f"{name.lower().replace(' ', '.')}{number % 1000}@contoh.id",
        address=f"Jl. {STREETS[street]} No. {house + 1} RT {rt + 1:02d}/RW {rw + 1:02d}",
    )


def complaint(category: str, where: str, who: Citizen, seed: int) -> str:
    """What someone wrote: one of the category's ways to say it, often loosely typed, now and then with an identifier."""
    said = _SAID.get(category, ("mohon ditindaklanjuti",))
    which, place, n, loose, tail, leak, cut = parts(seed, len(said), len(_PLACES), 8, 3, 4, 60, 40)
    text = said[which].format(tempat=_PLACES[place], n=n + 2)
    text = f"{text}, {('kel. ' + where, where, 'daerah ' + where, 'RW 0' + str(n + 1))[tail]}"
    if loose == 0:
        for word, short in _LOOSE:
            text = text.replace(word, short)
    if cut < 3:
        text = slip(text, seed >> 20)
    extra = {0: f" NIK {who.nik}", 1: f" hub {who.phone}", 2: f" WA {_spelt(who.phone)}", 3: f" email {who.email}"}
    return text[:1].upper() + text[1:] + extra.get(leak, "")


def _spelt(phone: str) -> str:
    return f"+62 {phone[1:4]}-{phone[4:8]}-{phone[8:]}"


def slip(word: str, seed: int) -> str:
    """A word with one slip of the fingers: two letters swapped, one dropped, one doubled."""
    if len(word) < 4:
        return word
    at, how = parts(seed, len(word) - 2, 3)
    at += 1
    if how == 0:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    return word[:at] + word[at + 1 :] if how == 1 else word[:at] + word[at] + word[at:]


def misspelt(name: str, seed: int) -> str:
    """A kelurahan's name as people write it: mostly right, sometimes with a prefix, in capitals, or with a slip."""
    way, rest = seed % 40, seed // 40
    if way < 2:
        return slip(name, rest)
    return {2: name.upper(), 3: f"Kel. {name}", 4: name.lower()}.get(way, name)
