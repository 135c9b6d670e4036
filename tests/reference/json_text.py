# SPDX-License-Identifier: MIT
# Asks Python's json module how it writes texts. A line: the text's bytes in hex, a tab, the JSON string, a tab, the number
# of U+FFFD that stand for bytes that are no UTF-8. Makes json_text.txt beside it.
import json
import pathlib
import random

rng = random.Random(11)
texts = [bytes([b]) for b in range(256)]
texts += [s.encode() for s in ["", "plain", 'say "hi"', "back\\slash", "a/b", "tab\tnew\nline\r", "\u2028\u2029", "\x7f",
                               "Zürich", "東京", "😀", "\ud7ff\ue000", "\U0010ffff", "a\0b", "\ufffd", "\ufeffBOM"]]
# Overlong, surrogate, too high, cut short, stray continuation bytes.
texts += [bytes.fromhex(h) for h in ["c080", "c1bf", "e08080", "e09fbf", "f0808080", "f08fbfbf", "eda080", "edbfbf",
                                     "f4908080", "f5808080", "ff", "fe", "e282", "e28261", "f09f98", "f09f9861", "f09f",
                                     "80", "bf", "8081", "c3", "c3c3a9", "41c0af41e080bf41f0818182", "f0f0f0", "e2e282ac",
                                     "eda0bdedb880", "f1808041", "e18041"]]
pieces = [b'"', b"\\", b"\n", b"x", "é".encode(), "€".encode(), "😀".encode(), b"\xff", b"\xe2\x82", b"\xf0\x9f", b"\xed\xa0",
          b"\x80", b"\x00", b"\x1f"]
texts += [b"".join(rng.choices(pieces, k=rng.randrange(1, 12))) for _ in range(300)]

lines = []
for text in texts:
    decoded = text.decode("utf-8", "replace")
    replaced = decoded.count("\ufffd") - text.count("\ufffd".encode())
    lines.append(f"{text.hex()}\t{json.dumps(decoded, ensure_ascii=False)}\t{replaced}")
pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")
