# Images of which each byte is told apart that a signature covers: the tags,
# names and properties, and through their hashes the data. None of them may be
# changed.
import os
import subprocess

from fit_cases import (DTB, KERNEL, conf, dev, fit, kernel, outside, prod,
                       put, ramdisk, signed, tree)
from fit_packings import gzipped
from fit_tree import BEGIN, DATA, END, END_NODE, Tree, cover, sign, sign_image
from fit_tree import signature


def covered(made, conf='conf-1', nodes=True):
    """Where the covered bytes of a tree are, and those of its images' data."""
    root, out = made.root, []
    paths = cover(root, conf)
    for at, size, path, name in made.tokens:
        up = path.rsplit('/', 1)[0] or '/'
        if name in (BEGIN, END_NODE):
            on = path in paths or (path != '/' and up in paths)
        else:
            on = name == END or (path in paths and name not in DATA)
        if nodes and on:
            out.append((made.struct_at + at, size + -size % 4))
        if name == b'data' and path in paths:
            out.append((made.struct_at + at + 12, size - 12))
    if nodes:
        out.append((made.strings_at, len(made.strings)))
    return [r for r in out if r[1]]


def images():
    """Names, bytes, what is covered, the device."""
    made = Tree(signed(fit()))
    yield 'inside', made.bytes, covered(made), 'one'
    both = fit([kernel(), tree(gzipped(DTB), compression='gzip'), ramdisk()],
               [conf(signed=[dev, prod], ramdisk='ramdisk-1')])
    sign(both, 'conf-1', dev)
    sign(both, 'conf-1', prod, 'signature-2')
    sign(both, 'conf-1', dev)
    made = Tree(both)
    yield 'two keys, packed', made.bytes, covered(made), 'all'
    for position in (None, 2048):
        root = fit()
        behind = outside(root, position=position)
        signed(root)
        made, data = Tree(root), put(root, behind, position)
        more = [(len(data) - len(behind), len(KERNEL)),
                (len(data) - len(DTB) - -len(DTB) % 4, len(DTB))]
        yield 'outside, %s' % position, data, covered(made) + more, 'one'
    nodes = [kernel(), tree()]
    for node in nodes:
        node.add(signature(dev))
    root = fit(nodes, [conf(signed=None)])
    for node in nodes:
        sign_image(root, node.name.decode(), dev, node.get('data'))
    made = Tree(root)
    yield 'images', made.bytes, covered(made, nodes=False), 'image'


def run(program, folder, trees, names, number, first=0):
    """Returns how many were tried, and what was found to be wrong."""
    some, tried, bad = list(images()), 0, []
    for name, data, ranges, device in some:
        paths = [os.path.join(folder, n) for n in ('signed.itb', 'signed.txt',
                                                   'signed.dtb')]
        with open(paths[0], 'wb') as file:
            file.write(data)
        with open(paths[1], 'w') as file:
            file.writelines('%d %d\n' % r for r in ranges)
        with open(paths[2], 'wb') as file:
            file.write(trees[names.index(device)])
        said = subprocess.run(
            [program, 'u-boot-fit-2023.01', paths[0], paths[1], str(first),
             str(number // len(some)), 'trust', 'dtb=' + paths[2], 'set',
             'configuration=conf-1'], capture_output=True, text=True)
        lines = said.stdout.splitlines() or ['nothing, status %d: %s' % (
            said.returncode, said.stderr)]
        words = lines[-1].split()
        good = len(words) == 8 and words[3] == words[7] == '0'
        tried += int(words[1]) + int(words[5]) if len(words) == 8 else 0
        if not good:
            bad += ['%s: %s' % (name, line) for line in lines[:9]]
        print('# changes of signed bytes, %s: %s' % (name, lines[-1]))
    return tried, bad
