#!/usr/bin/env python3
# Writes the FIT images and control trees of the pages in docs/reasons, out of
# what the cases for U-Boot are made of. Usage: tests/real/fit_examples.py FOLDER
import os
import sys

from fit_cases import (changed, conf, dev, fit, kernel, prod, signed, tree)
from fit_tree import Node, Tree, sign_image, signature


def trust(*keys, mode=None):
    node = Node('signature', *keys)
    if mode:
        node.set('required-mode', mode)
    return Tree(Node('', node, compatible='keyfit,board')).bytes


def image(root):
    return Tree(root).bytes


def without(root, path, name):
    root.sub(path).drop(name)
    return root


def with_hash_name():
    root = fit()
    root.sub('images/kernel-1/hash-1').set('algo', 'sha257')
    return signed(root)


def by_image():
    images = [kernel(), tree()]
    for node in images:
        node.add(signature(dev))
    root = fit(images=images, confs=[conf(signed=None)])
    for node in images:
        sign_image(root, node.name.decode(), dev, node.get('data'))
    return root


def fewer_nodes():
    """Signed, but not over the device tree that it names."""
    return signed(fit(), nodes=['/', '/configurations/conf-1',
                                '/images/kernel-1',
                                '/images/kernel-1/hash-1'])


def sha1():
    root = fit()
    root.sub('configurations/conf-1/signature-1').set('algo', 'sha1,rsa2048')
    return signed(root)


good = image(signed(fit()))
wrong = (pow(2, 4096, dev.n) ^ 1).to_bytes(256, 'big')
FILES = {
    'control.dtb': trust(dev.node()),
    'keyless.dtb': trust(),
    'broken-key.dtb': trust(dev.node(rsa_r_squared=wrong)),
    'image-key.dtb': trust(dev.node(required='image')),
    'free.dtb': trust(dev.node(required=None)),
    'any.dtb': trust(dev.node(), prod.node(), mode='any'),
    'good.itb': good,
    'malformed.itb': good[:len(good) // 2],
    'unsigned.itb': image(fit(confs=[conf(signed=None)])),
    'other-key.itb': image(signed(fit(confs=[conf(signed=prod)]), prod)),
    'payload.itb': image(changed(signed(fit()))),
    'no-load.itb': image(signed(without(fit(), 'images/kernel-1', 'load'))),
    'hash-name.itb': image(with_hash_name()),
    'no-hash.itb': image(signed(fit(images=[kernel(), tree(algo=None)]))),
    'weak-hash.itb': image(signed(fit(images=[kernel(algo='crc32'),
                                              tree()]))),
    'sha1.itb': image(sha1()),
    'by-image.itb': image(by_image()),
    'fewer-nodes.itb': image(fewer_nodes()),
}

for name, data in FILES.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as file:
        file.write(data)
