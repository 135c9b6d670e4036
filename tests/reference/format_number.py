# SPDX-License-Identifier: MIT
# Asks Python how it writes doubles and times. A line: the double's bits in hex, a tab, repr; or "time", nanoseconds
# since 1970, a tab, ISO 8601. Makes format_number.txt beside it.
import datetime
import math
import pathlib
import random
import struct

rng = random.Random(7)
edges = [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 100000.0, 1e15, 1e16, 1e17, 123456789012345678.0, 1e22, 1e23, 1e-3, 1e-4, 1e-5,
         9.999e-5, 0.00012345678901234567, 9999999999999998.0, 9007199254740991.0, 9007199254740992.0,
         9007199254740994.0, 2.5e15, 1709550930.123, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
         1.7976931348623157e308, -1.7976931348623157e308, 4.35, 0.3, 2 / 3, 1e-7, 299792458.0]
doubles = list(edges)
for power in range(-20, 20):
    doubles += [10.0**power, math.nextafter(10.0**power, 0), math.nextafter(10.0**power, math.inf)]
doubles += [round(rng.uniform(-1e6, 1e6), rng.randrange(0, 7)) for _ in range(150)]
doubles += [rng.random() for _ in range(150)]
while len(doubles) < 900:
    x = struct.unpack("<d", rng.randbytes(8))[0]
    if math.isfinite(x):
        doubles.append(x)

times = [0, 1, -1, 999_999_999, -999_999_999, 1_000_000_000, -1_000_000_000, 1_500_000_000, 1_000, 1_000_000,
         951_782_400_000_000_000, 4_107_542_399_000_000_000, -(2**63), 2**63 - 1]
times += [rng.randrange(-(2**63), 2**63) for _ in range(150)]
times += [rng.randrange(-(2**33), 2**33) * 10 ** rng.choice([6, 9]) // 1000 * 1000 for _ in range(50)]

epoch = datetime.datetime(1970, 1, 1)


def iso(ns):
    seconds, fraction = divmod(ns, 10**9)
    text = (epoch + datetime.timedelta(seconds=seconds)).isoformat()
    if fraction == 0:
        return text + "Z"
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return text + "." + digits + "Z"


lines = ["%016x\t%s" % (struct.unpack("<Q", struct.pack("<d", x))[0], repr(x)) for x in doubles]
lines += ["time %d\t%s" % (t, iso(t)) for t in times]
pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")
