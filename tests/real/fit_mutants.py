# Changes FIT images by chance, the same ones for the same seed.
import random
import struct

from fit_cases import (KERNEL, conf, dev, fit, kernel, outside, prod, put,
                       ramdisk, signed, tree)
from fit_tree import Node, Tree, hash_node, sign, sign_image, signature

WORDS = (0, 1, 2, 3, 4, 9, 7, 0x10, 0x11, 0x7fffffff, 0x80000000, 0xffffffff,
         0xfffffff4, 0xfffffff8, 0xd00dfeed)


def bases():
    """Images to change: their bytes, and which devices they are for."""
    out = [(Tree(signed(fit())).bytes, ('one', 'none', 'any', 'free'))]
    both = fit([kernel(), tree(), ramdisk()],
               [conf(signed=[dev, prod], ramdisk='ramdisk-1'),
                conf('conf-2', signed=None)])
    sign(both, 'conf-1', dev)
    sign(both, 'conf-1', prod, 'signature-2')
    sign(both, 'conf-1', dev)
    out.append((Tree(both).bytes, ('one', 'all', 'any', 'none')))
    root = fit()
    behind = outside(root)
    out.append((put(signed(root), behind), ('one', 'none')))
    root = fit()
    behind = outside(root, position=2048)
    out.append((put(signed(root), behind, 2048), ('one', 'none')))
    node = kernel()
    node.add(signature(dev))
    root = fit([node, tree(algo='crc32')], [conf(signed=None)])
    root.sub('images/fdt-1').add(signature(dev))
    sign_image(root, 'kernel-1', dev, KERNEL)
    sign_image(root, 'fdt-1', dev, root.sub('images/fdt-1').get('data'))
    out.append((Tree(root).bytes, ('image', 'none')))
    loads = fit([kernel(), tree(), ramdisk(b'more firmware', 'fw-1',
                                           algo='md5', type='firmware')],
                [conf(loadables='fw-1', note='some text', signed=dev)],
                default=None)
    out.append((Tree(signed(loads), reserve=[(1, 2)]).bytes,
                ('one', 'none', 'third')))
    plain = fit([kernel(algo=None), tree(algo=None)], [conf(signed=None)])
    plain.add(Node('note', Node('deeper', text='a text that nobody reads')))
    out.append((Tree(plain, total=4096).bytes, ('none', 'free', 'one')))
    spare = fit([kernel(), tree(), kernel(KERNEL * 3, 'kernel-2'),
                 ramdisk(KERNEL, 'ramdisk-2')])
    spare.sub('images/kernel-2').add(hash_node(KERNEL * 3, 'sha1', 'hash-2'))
    out.append((Tree(signed(spare)).bytes, ('one', 'none')))
    return out


def bit(rng, data, other):
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)


def byte(rng, data, other):
    data[rng.randrange(len(data))] = rng.randrange(256)


def header(rng, data, other):
    at = 4 * rng.randrange(10)
    value = struct.unpack('>I', data[at:at + 4])[0]
    new = rng.choice(WORDS + (value + 1, value - 1, value + 4, value - 4,
                              value * 2))
    data[at:at + 4] = struct.pack('>I', new & 0xffffffff)


def field(rng, data, other):
    at = 4 * rng.randrange(len(data) // 4)
    value = struct.unpack('>I', data[at:at + 4])[0]
    new = rng.choice(WORDS + (value + 1, value - 1, value + 4, value - 4))
    data[at:at + 4] = struct.pack('>I', new & 0xffffffff)


def splice(rng, data, other):
    size = 4 * rng.randrange(1, 40)
    at = 4 * rng.randrange(10, max(11, (len(data) - size) // 4))
    source = 4 * rng.randrange(10, max(11, (len(other) - size) // 4))
    data[at:at + size] = other[source:source + size]


def move(rng, data, other):
    """Takes words out, or doubles them; the header does not know."""
    size = 4 * rng.randrange(1, 8)
    at = 4 * rng.randrange(14, max(15, (len(data) - size) // 4))
    if rng.randrange(2):
        del data[at:at + size]
    else:
        data[at:at] = data[at:at + size]


def swap(rng, data, other):
    """Puts another image's signature where this one has its own."""
    size = 256
    mine = [i for i in range(0, len(data) - size, 4)
            if data[i:i + 8] == struct.pack('>II', 3, size)]
    theirs = [i for i in range(0, len(other) - size, 4)
              if other[i:i + 8] == struct.pack('>II', 3, size)]
    if mine and theirs:
        a, b = rng.choice(mine) + 12, rng.choice(theirs) + 12
        data[a:a + size] = other[b:b + size]
    else:
        byte(rng, data, other)


def grow(rng, data, other):
    data += bytes(rng.randrange(256) for _ in range(rng.randrange(1, 64)))


def printable(rng, data, other):
    """Changes a letter of a name or a text into another one."""
    letters = [i for i, b in enumerate(data) if 0x61 <= b <= 0x7a]
    at = rng.choice(letters)
    data[at] = rng.choice(b'abcdefghijklmnopqrstuvwxyz-/@0129')


def cut(rng, data, other):
    del data[rng.randrange(40, len(data)):]


KINDS = ((bit, 20), (byte, 12), (header, 6), (field, 14), (splice, 10),
         (move, 6), (swap, 10), (grow, 8), (printable, 14))


def mutants(number, seed):
    """Yields a name, bytes, the device, and whether the file was cut."""
    rng = random.Random(seed)
    all_bases = bases()
    kinds = [kind for kind, weight in KINDS for _ in range(weight)]
    for i in range(number):
        base, devices = rng.choice(all_bases)
        other = rng.choice(all_bases)[0]
        data = bytearray(base)
        was_cut = rng.randrange(25) == 0
        kind = cut if was_cut else rng.choice(kinds)
        for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
            kind(rng, data, other)
        yield ('%d %s' % (i, kind.__name__), bytes(data),
               rng.choice(devices), was_cut)
