#!/usr/bin/env python3
"""Reads a request of version 1 from docs/protocol.md alone, and proves every digest in it.

    python3 docs/protocol_reader.py core/model/tests/golden/request-v1.hex

Needs Python 3 and the `zstd` command. Nothing of Holdfast or Automerge is used: this is the page in another language.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import sys

DICTIONARY = pathlib.Path(__file__).parent.parent / "core/model/src/wire/dictionary.txt"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sha(data):
    return hashlib.sha256(data).digest()


GENESIS_ACTOR = sha(b"holdfast genesis v1")[:16]


def inflate(frame):
    if not frame:
        return b""
    return subprocess.run(["zstd", "-d", "-c", "-D", DICTIONARY], input=frame, capture_output=True, check=True).stdout


def leb128(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


class Streams:
    """The three streams of a body behind its mark, or of a parcel (section 5)."""

    def __init__(self, body):
        words, numbers = struct.unpack("<II", body[:8])
        self.lines = inflate(body[8 : 8 + words]).decode().split("\n")
        if self.lines.pop() != "":
            raise ValueError("the last line does not end")
        self.numbers = inflate(body[8 + words : 8 + words + numbers])
        self.random_bytes = body[8 + words + numbers :]
        self.at = [0, 0, 0]

    def line(self):
        self.at[0] += 1
        return self.lines[self.at[0] - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.numbers[self.at[1]]
            self.at[1] += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def signed(self):
        value = self.number()
        return (value >> 1) ^ -(value & 1)

    def random(self, count):
        self.at[2] += count
        return self.random_bytes[self.at[2] - count : self.at[2]]

    def ended(self):
        return self.at == [len(self.lines), len(self.numbers), len(self.random_bytes)]


class Before:
    """What the entry before it was."""

    def __init__(self):
        self.author = self.plan = ""
        self.seq = self.at = self.offset = self.lag = 0
        self.boot = bytes(8)


def entry_text(streams, push, doc, before):
    form = streams.number()
    if form == 1:
        return streams.line()
    before.at += streams.signed()
    before.seq += 1
    id_less_at = 0
    if form & 128:
        before.seq += streams.signed()
        before.offset += streams.signed()
        before.lag += streams.signed()
        id_less_at = streams.signed()
        if streams.number():
            before.boot = streams.random(8)
    digits = ((before.at + id_less_at).to_bytes(6, "big") + streams.random(10)).hex()
    name = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    reference = None
    if form & 32:
        bits = int.from_bytes(streams.random(17), "big") >> 6
        reference = "".join(CROCKFORD[bits >> 5 * (25 - i) & 31] for i in range(26))
    body = streams.line()
    if form & 2:
        before.author = streams.line()
    happened = streams.line() if form & 4 else None
    if form & 8:
        before.plan = streams.line()
    if form & 64:
        reference = streams.line()
    text = f'{{"author":{before.author},"body":{body},"device":"{push["device"]}","doc":"{doc}","epoch":"{push["epoch"]}"'
    if happened is not None:
        text += f',"happened":{happened}'
    text += f',"id":"{name}","mono":{{"boot":"{before.boot.hex()}","ms":{before.lag + before.at}}}'
    if form & 24:
        text += f',"plan":{before.plan}'
    text += f',"recorded":{{"at":{before.at},"offset_min":{before.offset}}}'
    if reference is not None:
        text += f',"ref":"{reference}"'
    return text + f',"seq":{before.seq},"v":1}}'


def change_hash(actor, actor_seq, op, deps, key, text):
    """Section 3: the one layout that a change of the profile has."""
    value = text.encode()
    meta = leb128(len(value) << 4 | 6)
    chunk = leb128(len(deps)) + b"".join(deps) + b"\x10" + actor + leb128(actor_seq) + leb128(op)
    chunk += b"\x00\x00\x01\x10" + GENESIS_ACTOR
    chunk += bytes([8 if value else 7]) + bytes.fromhex("01020202152634014202") + bytes([0x56, 1 + len(meta)])
    chunk += (b"\x57" + leb128(len(value)) if value else b"") + b"\x70\x02"
    chunk += b"\x7f\x01\x7f\x01\x7f\x24" + key.encode() + b"\x01\x7f\x01\x7f" + meta + value + b"\x7f\x00"
    return sha(b"\x01" + leb128(len(chunk)) + chunk)


def same(what, one, other):
    if one != other:
        raise ValueError(f"{what} are not as they should be")


def read_push(streams):
    push = json.loads(streams.line())
    listed = [streams.random(32) for _ in range(push["listed"])] if streams.number() else None
    before, actor, entries, found = Before(), b"", [], []
    for _ in range(push["here"]):
        doc = streams.line()
        form, actor_seq, start_op, n, deps = (streams.number() for _ in range(5))
        if form & 1:
            actor = streams.random(16)
        deps = [streams.random(32) for _ in range(deps)]
        texts_digest = streams.random(32) if form & 2 else None
        changes_digest = streams.random(32)
        texts = [entry_text(streams, push, doc, before) for _ in range(n)]
        seen, hashes = deps, []
        for i, text in enumerate(texts):
            entry = json.loads(text)
            entries.append((entry["seq"], sha(text.encode()), text))
            hashes.append(change_hash(actor, actor_seq + i, start_op + i, seen, entry["id"], text))
            seen = hashes[-1:]
        texts_found = sha(b"".join(sha(t.encode()) for t in texts))
        same("texts", texts_found, texts_digest or texts_found)
        same("changes", sha(b"".join(hashes)), changes_digest)
        head = {"doc": doc, "actor": actor.hex(), "actor_seq": actor_seq, "start_op": start_op}
        head |= {"deps": [d.hex() for d in deps], "n": n, "texts": texts_found.hex(), "changes": changes_digest.hex()}
        found.append(sha(b"holdfast segment v1\n" + json.dumps(head, separators=(",", ":")).encode()))
    # What is signed is over these digests, sent or found; proving the signature takes the device's key.
    same("segments", found, listed or found)
    same("ends", streams.ended(), True)
    chain = bytes.fromhex(push["prev"])
    for seq, (claimed, digest, _) in enumerate(sorted(entries), push["first"]):
        same("sequence numbers", claimed, seq)
        chain = sha(b"holdfast chain v1\n" + chain + digest)
    same("heads of the chain", chain.hex(), push["head"])
    return push, [text for _, _, text in sorted(entries)]


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        body = bytes.fromhex(file.read().strip())
    if body[:4] != b"HFS1":
        raise ValueError("not a body of version 1")
    streams = Streams(body[4:])
    head = json.loads(streams.line())
    for _ in range(head.get("parcels", 0)):
        push, texts = read_push(Streams(streams.random(streams.number())))
        print(f"{push['device']}: entries {push['first']} to {push['first'] + push['count'] - 1}, every digest right")
        for text in texts:
            print(text)
    same("ends", streams.ended(), True)


if __name__ == "__main__":
    main()
