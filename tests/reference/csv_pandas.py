#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What pandas' read_csv makes of small CSV files: writes csv_pandas.txt beside itself, for csv_reader_pandas.test.cpp.

Made with pandas 1.5.3. Its options are set to what penstock's defaults mean: only empty fields are missing, and decimals
are rounded correctly. A quoted empty text is missing to pandas, so there is none here.

A line of the output begins with a word. case: name, and options of ours; column: name and type; in: the file, in
hexadecimal; row: the values in the order of the columns, parted by blanks. A double is its 64 bits in hexadecimal, a
time its nanoseconds, a text its UTF-8 in hexadecimal behind an s, a missing value NA.
"""
import csv
import io
import os
import random
import struct

import pandas

TYPES = {"float64": "float64", "int64": "int64", "bool": "boolean", "object": "string"}


def show(value, dtype):
    if pandas.isna(value) and not (dtype == "float64" and isinstance(value, str)):
        return "NA"
    if dtype == "float64":
        return struct.pack(">d", value).hex()
    if dtype == "string":
        return "s" + str(value).encode().hex()
    if dtype == "timestamp":
        return str(value.value)
    return str(int(value))


def write_case(out, name, data, ours="", formats=None, **theirs):
    if isinstance(data, str):
        data = data.encode()
    frame = pandas.read_csv(io.BytesIO(data), keep_default_na=False, na_values=[""], float_precision="round_trip",
                            **theirs)
    types = {}
    for column in frame.columns:
        types[column] = TYPES[str(frame[column].dtype)]
        if types[column] == "string" and set(map(type, frame[column].dropna())) == {bool}:
            types[column] = "boolean"
        if formats and column in formats:
            frame[column] = pandas.to_datetime(frame[column], format=formats[column] or None, utc=True)
            types[column] = "timestamp"
    print("case", name, ours, file=out)
    for column in frame.columns:
        form = (formats or {}).get(column) or ""
        print("column", column, types[column], form, file=out)
    print("in", data.hex(), file=out)
    for row in frame.itertuples(index=False):
        print("row", *[show(v, t) for v, t in zip(row, types.values())], file=out)


def random_number(rng):
    kind = rng.randrange(8)
    if kind == 0:
        x = struct.unpack("<d", rng.randbytes(8))[0]
        return repr(x) if x == x and abs(x) != float("inf") else "0.1"
    if kind == 1:
        return "%.17g" % rng.gauss(0, 1)
    if kind == 2:
        return "%.6f" % rng.gauss(0, 1000)
    if kind == 3:
        return "%.3e" % (rng.gauss(0, 1) * 10.0 ** rng.randrange(-300, 300))
    if kind == 4:
        return str(rng.randrange(-10**18, 10**18))
    if kind == 5:
        return "%d.%s" % (rng.randrange(10**6), "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 30))))
    if kind == 6:
        return "%ge-%d" % (rng.random(), rng.randrange(300, 330))
    return rng.choice(["0", "-0.0", "1e22", "1e23", "5e-324", "2.5", "9007199254740993", "1.7976931348623157e308", ""])


def main():
    rng = random.Random(1)
    with open(os.path.splitext(os.path.abspath(__file__))[0] + ".txt", "w") as out:
        write_case(out, "plain", "a,b,c\n1,2.5,x\n2,3.5,NA\n")
        write_case(out, "crlf", "a,b\r\n1,x\r\n2,y\r\n")
        write_case(out, "cr", "a,b\r1,x\r2,y\r")
        write_case(out, "no_final_line_end", "a,b\n1,x\n2,y")
        write_case(out, "byte_order_mark", b"\xef\xbb\xbfa,b\n1,x\n")
        write_case(out, "byte_order_mark_before_a_quote", b"\xef\xbb\xbf\"a\",b\n1,x\n")
        write_case(out, "quotes", 'a,b\n"x,y","l\nm"\n"do""uble","""all"""\n')
        write_case(out, "quoted_line_ends", 'a,b\r\n"x\r\ny","l\nm"\r\n"p\rq",r\r\n')
        write_case(out, "stray_quotes", 'a,b\nx"y,5" pipe\n"x"y,"a"b"c"\n')
        write_case(out, "blanks_around_text", "a,b\n x ,\ty\n  ,z\n", skip_blank_lines=True)
        write_case(out, "missing", "a,b,c\n1,,x\n,2.5,\n3,4,z\n")
        write_case(out, "numbers_with_blanks", "a,b\n 1, 2.5\n2 ,3.5 \n")
        write_case(out, "signs", "a,b\n+1,+2.5\n-2,-.5\n")
        write_case(out, "points", "a,b\n1.,.5\n-2.,5.e2\n")
        write_case(out, "infinities", "a,b\ninf,Infinity\n-inf,-INFINITY\n+Inf,1\n")
        write_case(out, "below_the_doubles", "a,b\n1,1e-400\n-1.5,-1e-999\n")
        write_case(out, "integer_limits", "a,b\n9223372036854775807,1\n-9223372036854775808,007\n")
        write_case(out, "booleans", "a,b,c\ntrue,True,x\nFALSE,false,\n")
        write_case(out, "decimal_comma", "a;b\n1,5;x\n-0,25;y\n1,7976931348623157e308;z\n", "semicolon", sep=";",
                   decimal=",")
        write_case(out, "semicolons", "a;b\n1;x,y\n2;\"z;\"\n", "semicolon", sep=";")
        write_case(out, "no_quotes", 'a,b\n"1,2"\n3,4"\n', "no_quote", quoting=csv.QUOTE_NONE)
        write_case(out, "comments", "#about\na,b\n1,x\n#2,y\n3,z\n", "comment", comment="#")
        write_case(out, "blank_lines", "\n\na,b\n\n1,x\n\n\n2,y\n\n")
        write_case(out, "skipped_lines", "made by\nhand,\na,b\n1,x\n", "skip_2", skiprows=2)
        write_case(out, "utf_8", "größe,名\n1,\N{GRINNING FACE}\n2,é\n")
        write_case(out, "duplicate_names", "a,b,a,a\n1,2,3,4\n", "rename")
        write_case(out, "iso_times", "a,b\n2014-07-01,2014-07-01 00:30:00\n1969-12-31,1999-12-31T23:59:59.123456789\n"
                   ",2000-02-29T00:00:00Z\n2262-04-11,2001-01-01 12:00:00+02:30\n", formats={"a": None, "b": None})
        write_case(out, "times_by_format", "a,b,c,d\n12/30/84,04 Sep 1999,2020 060,1999-09-04 07:05:09 PM\n"
                   "01/02/69,29 feb 2000,2021 365,2000-01-01 12:00:00 am\n06/29/68,1 JAN 1970,1999 001,"
                   "1970-01-01 12:34:56 pm\n",
                   formats={"a": "%m/%d/%y", "b": "%d %b %Y", "c": "%Y %j", "d": "%Y-%m-%d %I:%M:%S %p"})

        rows = [",".join(f"n{i}" for i in range(5))]
        rows += [",".join(random_number(rng) for _ in range(5)) for _ in range(600)]
        write_case(out, "random_numbers", "\n".join(rows) + "\n")

        pool = ["x", "word", "a,b", "l\nm", "l\r\nm", 'q"q', '"', "5", "1.5", " b ", "é", "-", "long " * 30]
        for number in range(12):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator=rng.choice(["\n", "\r\n"]),
                                quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
            width = rng.randrange(2, 6)
            writer.writerow([f"c{i}" for i in range(width)])
            for _ in range(rng.randrange(1, 40)):
                writer.writerow([rng.choice(pool) for _ in range(width)])
            write_case(out, f"random_texts_{number}", text.getvalue(), dtype=str)


if __name__ == "__main__":
    main()
