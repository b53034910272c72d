# Packs data in the ways that U-Boot unpacks, and in ways that are wrong.
import random
import struct
import zlib


def deflated(data, level=9, end=b''):
    pack = zlib.compressobj(level, zlib.DEFLATED, -15)
    return pack.compress(data) + pack.flush() + end


def gzipped(data, head=b'\x1f\x8b\x08', flags=0, more=b'', level=9, end=None):
    tail = struct.pack('<II', zlib.crc32(data), len(data) & 0xffffffff)
    return head + bytes([flags]) + bytes(4) + b'\2\3' + more + deflated(
        data, level) + (tail if end is None else end)


def zstd(data, magic=0xfd2fb528, flags=0xa0, sum_=None, block=0, last=1):
    """A frame of one block that is stored as it is, or of one byte."""
    head = struct.pack('<IBI', magic, flags | (4 if sum_ else 0), len(data))
    size = len(data) << 3 | block << 1 | last
    body = data[:1] if block == 1 else data
    return head + struct.pack('<I', size)[:3] + body + (sum_ or b'')


def lz4(data, magic=0x184d2204, flags=0x60, block=0x70, end=True):
    return struct.pack('<IBBB', magic, flags, block, 0x73) + struct.pack(
        '<I', len(data) | 1 << 31) + data + (bytes(4) if end else b'')


def short(data):
    """What comes out of a gzip stream, or 40 bytes where nothing does. What
    is less depends on what memory holds, and cannot be judged."""
    try:
        return zlib.decompressobj(-15).decompress(data[10:]) if data else b''
    except zlib.error:
        return bytes(40)


def packings(other):
    """Names, what it says that it is packed with, and how it is, for what
    there is to unpack."""
    rng = random.Random('packings')

    def damaged(how, count):
        def one(data):
            out = bytearray()
            while len(short(bytes(out))) < 40:
                out = bytearray(how(data))
                for _ in range(count):
                    out[rng.randrange(10, len(out))] ^= 1 << rng.randrange(8)
            return bytes(out)
        return one

    yield 'gzip', 'gzip', gzipped
    yield 'GZip', 'GZip', gzipped
    for level in (0, 1, 6):
        yield 'gzip, level %d' % level, 'gzip', lambda d, n=level: gzipped(
            d, level=n)
    yield 'not gzip', 'gzip', lambda d: d
    yield 'gzip without its mark', 'gzip', lambda d: gzipped(d, b'xy\x08')
    yield 'gzip by another method', 'gzip', lambda d: gzipped(
        d, b'\x1f\x8b\x07')
    yield 'gzip with a name', 'gzip', lambda d: gzipped(
        d, flags=8, more=b'name\0')
    yield 'gzip with all fields', 'gzip', lambda d: gzipped(
        d, flags=0x1f, more=b'\3\0xyzname\0comment\0CC')
    yield 'gzip, a name without an end', 'gzip', lambda d: gzipped(
        d, flags=8, more=b'name')[:14]
    yield 'gzip, a long field', 'gzip', lambda d: gzipped(
        d, flags=4, more=b'\xff\xff')
    yield 'gzip, a flag that is not there', 'gzip', lambda d: gzipped(
        d, flags=0x20)
    yield 'gzip, a wrong checksum', 'gzip', lambda d: gzipped(
        d, end=bytes(8))
    yield 'gzip without a checksum', 'gzip', lambda d: gzipped(d, end=b'')
    yield 'gzip, bytes behind', 'gzip', lambda d: gzipped(d) + b'more' * 9
    yield 'gzip, two of them', 'gzip', lambda d: gzipped(d[:64]) + gzipped(
        d[64:])
    yield 'gzip, cut by 9', 'gzip', lambda d: gzipped(d)[:-9]
    yield 'gzip, cut in half', 'gzip', lambda d: gzipped(d)[:len(d) // 3]
    yield 'gzip, its header alone', 'gzip', lambda d: gzipped(d)[:10]
    yield 'gzip, 5 bytes', 'gzip', lambda d: gzipped(d)[:5]
    yield 'gzip of zlib', 'gzip', lambda d: zlib.compress(d)
    yield 'gzip of another thing', 'gzip', lambda d: gzipped(other * 2)
    yield 'gzip, 19 times', 'gzip', lambda d: gzipped(
        d + bytes(19 * 200))[:200].ljust(200, b'x')
    yield 'gzip, 500 times', 'gzip', lambda d: gzipped(d + bytes(100000))
    yield 'gzip, room for all', 'gzip', lambda d: gzipped(
        d + bytes(100000)) + bytes(5500)
    for i in range(24):
        yield 'gzip, damaged %d' % i, 'gzip', damaged(gzipped, 1 + i % 3)
    yield 'zstd', 'zstd', zstd
    yield 'not zstd', 'zstd', lambda d: d
    yield 'zstd of gzip', 'zstd', gzipped
    yield 'zstd cut', 'zstd', lambda d: zstd(d)[:-5]
    yield 'zstd, bytes behind', 'zstd', lambda d: zstd(d) + b'xyz'
    yield 'zstd without a last block', 'zstd', lambda d: zstd(d, last=0)
    yield 'zstd, an empty last block', 'zstd', lambda d: zstd(
        d, last=0) + b'\1\0\0'
    yield 'zstd, a wrong checksum', 'zstd', lambda d: zstd(d, sum_=b'abcd')
    yield 'zstd, a block of no kind', 'zstd', lambda d: zstd(d, block=3)
    yield 'zstd, a byte many times', 'zstd', lambda d: zstd(
        d * 300, block=1)
    yield 'zstd, older', 'zstd', lambda d: zstd(d, magic=0xfd2fb527)
    yield 'zstd, to be skipped', 'zstd', lambda d: struct.pack(
        '<II', 0x184d2a50, 4) + b'skip' + zstd(d)
    for i in range(8):
        yield 'zstd, damaged %d' % i, 'zstd', damaged(zstd, 1)
    yield 'not lz4', 'lz4', lambda d: d
    yield 'lz4 with blocks that lean on others', 'lz4', lambda d: lz4(
        d, flags=0x40)
    yield 'lz4 of another version', 'lz4', lambda d: lz4(d, flags=0xa0)
    yield 'lz4 with a bit that is not used', 'lz4', lambda d: lz4(
        d, block=0x71)
    yield 'lz4, 6 bytes', 'lz4', lambda d: lz4(d)[:6]
    yield 'xz', 'xz', lambda d: d
