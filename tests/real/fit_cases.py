# The cases for U-Boot's FIT images: what each is for, the image, the device's
# keys, and the configuration that is asked for. What U-Boot answers is not
# written here.
import random
import struct

from fit_packings import gzipped, packings
from fit_tree import (NOP, Key, Node, Tree, cell, control, digest, hash_node,
                      sign, sign_image, signature, text)

KERNEL = (b'a kernel' + struct.pack('<QQQ', 0, 0x1000, 8) +
          b'or what stands for one..ARM\x64' + b'one, and more of it ' * 4)
PLAIN = b'no kernel of arm64, but a file of as many bytes ' * 3
RAMDISK = b'a ramdisk ' * 7
TIME = 1700000000
DTB = Tree(Node('', Node('chosen'), compatible='keyfit,board')).bytes
OTHER_DTB = Tree(Node('', compatible=('keyfit,other', 'keyfit,board'))).bytes

dev, prod, third = Key('dev'), Key('prod'), Key('third')
big, mid, three = Key('big', 4096), Key('mid', 3072), Key('three', 2048, 3)


def kernel(data=KERNEL, name='kernel-1', algo='sha256', **more):
    node = Node(name, description='k', type='kernel', arch='arm64',
                os='linux', compression='none', load=0x41000000,
                entry=0x41000000)
    node.items.insert(0, (b'data', data))
    for key, value in more.items():
        node.set(key.replace('_', '-'), value)
    if algo:
        node.add(hash_node(data, algo))
    return node


def tree(data=DTB, name='fdt-1', algo='sha256', **more):
    node = Node(name, description='f', data=data, type='flat_dt',
                arch='arm64', compression='none')
    for key, value in more.items():
        node.set(key.replace('_', '-'), value)
    if algo:
        node.add(hash_node(data, algo))
    return node


def ramdisk(data=RAMDISK, name='ramdisk-1', algo='sha256', **more):
    node = Node(name, description='r', data=data, type='ramdisk',
                arch='arm64', os='linux', compression='none')
    for key, value in more.items():
        node.set(key.replace('_', '-'), value)
    if algo:
        node.add(hash_node(data, algo))
    return node


def conf(name='conf-1', signed=dev, **props):
    props.setdefault('kernel', 'kernel-1')
    props.setdefault('fdt', 'fdt-1')
    node = Node(name, **{k: v for k, v in props.items() if v is not None})
    for key in signed if isinstance(signed, (list, tuple)) else [signed]:
        if key:
            number = 1 + len(node.subs())
            node.add(signature(key, name='signature-%d' % number))
    return node


def fit(images=None, confs=None, default='conf-1', **props):
    props.setdefault('description', 'keyfit')
    props.setdefault('timestamp', TIME)
    images = Node('images', *(images or [kernel(), tree()]))
    confs = Node('configurations', *(confs or [conf()]))
    if default:
        confs.set('default', default)
    return Node('', images, confs,
                **{k: v for k, v in props.items() if v is not None})


def signed(root, key=dev, name='conf-1', **how):
    return sign(root, name, key, **how)


class Cases:
    def __init__(self, base):
        self.base, self.all = base, []
        self.trees, self.names = [], []

    def trust(self, name, *keys, **how):
        self.names.append(name)
        self.trees.append(control(self.base, *keys, **how))

    def add(self, rule, name, root, trust='one', conf='conf-1', **how):
        """`root` is a node, a tree or bytes; `how` is for the tree."""
        if isinstance(root, Node):
            root = Tree(root, **how)
        data = root.bytes if isinstance(root, Tree) else root
        self.all.append((rule, name, data, self.names.index(trust), conf))


def trusts(c):
    one = dev.node()
    c.trust('one', one)
    c.trust('none')
    c.trust('empty', mode='all')
    c.trust('free', dev.node(required=None))
    c.trust('any', dev.node(), prod.node(), mode='any')
    c.trust('all', dev.node(), prod.node())
    c.trust('mode-all', dev.node(), prod.node(), mode='all')
    c.trust('mode-odd', dev.node(), prod.node(), mode='anyone')
    c.trust('mode-two', dev.node(), prod.node(), mode=('any', 'all'))
    c.trust('image', dev.node(required='image'))
    c.trust('images', dev.node(required='image'),
            prod.node(required='image'))
    c.trust('images-any', dev.node(required='image'),
            prod.node(required='image'), mode='any')
    c.trust('image-other', dev.node(required='image'),
            prod.node(required=None))
    c.trust('both', dev.node(), prod.node(required='image'))
    c.trust('other-word', dev.node(required='configuration'))
    c.trust('two-words', dev.node(required=('conf', 'image')))
    c.trust('sha1', dev.node(algo='sha1,rsa2048'))
    c.trust('sha384', dev.node(algo='sha384,rsa2048'))
    c.trust('sha512', dev.node(algo='sha512,rsa2048'))
    c.trust('big', big.node())
    c.trust('mid', mid.node())
    c.trust('three', three.node())
    c.trust('name', dev.node(name='quite-another'))
    c.trust('no-exponent', dev.node(rsa_exponent=None))
    c.trust('short-exponent', dev.node(rsa_exponent=cell(3)))
    c.trust('even', dev.node(rsa_exponent=struct.pack('>Q', 65536)))
    c.trust('exponent-one', dev.node(rsa_exponent=struct.pack('>Q', 1)))
    wrong = pow(2, 4096, dev.n) ^ 1
    c.trust('r-squared', dev.node(rsa_r_squared=wrong.to_bytes(256, 'big')))
    c.trust('no-r-squared', dev.node(rsa_r_squared=None))
    c.trust('inverse', dev.node(rsa_n0_inverse=cell(7)))
    c.trust('no-inverse', dev.node(rsa_n0_inverse=None))
    c.trust('no-modulus', dev.node(rsa_modulus=None))
    c.trust('no-bits', dev.node(rsa_num_bits=None))
    c.trust('few-bits', dev.node(rsa_num_bits=cell(1024)))
    c.trust('many-bits', dev.node(rsa_num_bits=cell(8192)))
    c.trust('no-key', prod.node())
    c.trust('third', dev.node(), prod.node(), third.node(), mode='any')
    c.trust('board', dev.node(), compatible=b'keyfit,other\0pad\0')


def of_format(c):
    good = signed(fit())
    c.add('FIT-1', 'good', good)
    plain = Tree(good).bytes

    def patch(name, at, value, rule='FIT-1'):
        data = bytearray(plain)
        data[at:at + len(value)] = value
        c.add(rule, name, bytes(data))

    patch('magic', 0, b'\0')
    patch('version 1', 20, cell(1))
    patch('version 18', 20, cell(18))
    patch('last version 18', 24, cell(18))
    patch('version below last', 20, cell(15))
    patch('total too small', 4, cell(39))
    patch('total of strings end', 4, cell(len(plain)))
    patch('strings outside', 12, cell(len(plain) + 4))
    patch('strings one longer', 32, cell(struct.unpack(
        '>I', plain[32:36])[0] + 1))
    patch('strings shorter', 32, cell(struct.unpack(
        '>I', plain[32:36])[0] - 1))
    patch('structure outside', 36, cell(len(plain)))
    patch('structure shorter', 36, cell(len(Tree(good).struct) - 4))
    patch('reservations at the end', 16, cell(len(plain) - 8))
    patch('reservations in the header', 16, cell(8))
    patch('cpu', 28, cell(3))
    at = Tree(good).struct_at
    patch('no tag', at, cell(7))
    patch('root with a name', at + 4, b'root')
    patch('long property', at + 12, cell(0x7fffff00))
    patch('property leads back', at + 12, cell(0xfffffff4))
    patch('property of -1', at + 12, cell(0xffffffff))
    patch('property name outside', at + 16, cell(0x10000))
    patch('property name negative', at + 16, cell(0xfffffff0))
    c.add('FIT-1', 'reserved memory', signed(fit()),
          reserve=[(0x40000000, 0x1000)])
    c.add('FIT-1', 'version 16', signed(fit(), version=16), version=16)
    c.add('FIT-1', 'room behind', signed(fit()), total=8192)
    c.add('FIT-1', 'no operation', signed(with_nop(fit())))
    two = Tree(signed(fit()))
    end = two.struct_at + len(two.struct) - 4
    c.add('FIT-1', 'two roots', two.bytes[:end] + cell(1, 0, 2) +
          two.bytes[end:])
    c.add('FIT-2', 'unit address', signed(fit(
        [kernel(), tree(), kernel(name='kernel@1')])))
    c.add('FIT-2', 'unit address elsewhere', signed(with_sub(
        fit(), Node('note@1'))))
    c.add('FIT-2', 'no unit address elsewhere', signed(with_sub(
        fit(), Node('note-1'))))
    c.add('FIT-3', 'no description', signed(fit(description=None)))
    c.add('FIT-3', 'no timestamp', signed(fit(timestamp=None)))
    c.add('FIT-3', 'odd timestamp', signed(fit(timestamp=b'')))
    nothing = fit()
    nothing.drop('images')
    c.add('FIT-3', 'no images', nothing, trust='none')
    late = fit()
    late.drop('description')
    late.late('description', text('late'))
    c.add('FIT-3', 'late description', signed(late))
    c.add('FIT-1', 'text', b'Linux, or another file' * 40)


def with_nop(root):
    root.sub('configurations/conf-1').items.insert(1, NOP)
    root.items.insert(1, NOP)
    return root


def with_sub(root, node, path=None):
    (root.sub(path) if path else root).add(node)
    return root


def of_choice(c):
    two = fit(confs=[conf(), conf('conf-2', kernel='kernel-2')],
              images=[kernel(), tree(), kernel(KERNEL + b'2', 'kernel-2')])
    sign(two, 'conf-1', dev)
    sign(two, 'conf-2', dev)
    sign(two, 'conf-1', dev)
    c.add('FIT-4', 'second', two, conf='conf-2')
    c.add('FIT-4', 'missing', two, conf='conf-3')
    c.add('FIT-4', 'empty name in the file', signed(fit(
        confs=[conf()])), conf='conf')
    none = fit()
    none.drop('configurations')
    c.add('FIT-4', 'no configurations', none)
    c.add('FIT-5', 'default alone', signed(fit()), conf=None)
    c.add('FIT-5', 'for the board', signed(fit(confs=[conf(
        compatible='linux,dummy-virt')])), conf=None)
    c.add('FIT-5', 'for another board', signed(fit(confs=[conf(
        compatible=('a,b', 'c,d'))])), conf=None)
    c.add('FIT-5', 'second text', signed(fit(confs=[conf(
        compatible=('a,b', 'linux,dummy-virt'))])), conf=None)
    c.add('FIT-5', 'without its end', signed(fit(confs=[conf(
        compatible=b'linux,dummy-virt')])), conf=None)
    c.add('FIT-5', 'by its tree', signed(fit([kernel(), tree(Tree(Node(
        '', compatible='linux,dummy-virt')).bytes)])), conf=None)
    c.add('FIT-5', 'by its packed tree', signed(fit([kernel(), tree(
        Tree(Node('', compatible='linux,dummy-virt')).bytes,
        compression='gzip')])), conf=None)
    c.add('FIT-5', 'by no tree', signed(fit([kernel(), tree(
        b'no tree at all')])), conf=None)
    tie = fit(confs=[conf(compatible='linux,dummy-virt', kernel='kernel-0'),
                     conf('conf-2', compatible='linux,dummy-virt')],
              default='conf-2')
    c.add('FIT-5', 'first of two', sign(tie, 'conf-2', dev), conf=None)
    better = fit(confs=[conf(compatible='pad', kernel='kernel-0'),
                        conf('conf-2', compatible='keyfit,other')])
    c.add('FIT-5', 'the better one', sign(better, 'conf-2', dev),
          trust='board', conf=None)
    c.add('FIT-5', 'default is missing', signed(fit(default=None)),
          conf=None)
    c.add('FIT-5', 'default is not there', signed(fit(default='conf-9')),
          conf=None)


def of_keys(c):
    good = signed(fit())
    by_prod = signed(fit(confs=[conf(signed=prod)]), prod)
    both = fit(confs=[conf(signed=[dev, prod])])
    sign(both, 'conf-1', dev)
    sign(both, 'conf-1', prod, 'signature-2')
    sign(both, 'conf-1', dev)
    for trust in ('any', 'all', 'mode-all', 'mode-odd', 'mode-two'):
        c.add('FIT-6', 'one of two, ' + trust, good, trust)
        c.add('FIT-6', 'the other of two, ' + trust, by_prod, trust)
        c.add('FIT-6', 'both of two, ' + trust, both, trust)
    c.add('FIT-6', 'none of two, any', signed(fit(confs=[conf(
        signed=third)]), third), 'any')
    c.add('FIT-6', 'one of three', signed(fit(confs=[conf(signed=third)]),
                                          third), 'third')
    c.add('FIT-7', 'another key', by_prod)
    c.add('FIT-7', 'device has another key', good, 'no-key')
    c.add('FIT-7', 'a key of another name', good, 'name')
    hint = fit()
    hint.sub('configurations/conf-1/signature-1').set('key-name-hint', 'x')
    c.add('FIT-7', 'another hint', signed(hint))
    bare = fit()
    bare.sub('configurations/conf-1/signature-1').drop('key-name-hint')
    c.add('FIT-7', 'no hint', signed(bare))
    c.add('FIT-7', 'no signature', fit(confs=[conf(signed=None)]))
    c.add('FIT-7', 'second signature', both, 'no-key')
    named = fit()
    node = named.sub('configurations/conf-1/signature-1')
    node.name = b'signatures'
    c.add('FIT-7', 'longer name', sign(named, 'conf-1', dev, 'signatures'))
    other = fit()
    node = other.sub('configurations/conf-1/signature-1')
    node.name = b'sign-1'
    c.add('FIT-7', 'other name', sign(other, 'conf-1', dev, 'sign-1'))
    c.add('FIT-7', 'two words', good, 'two-words')
    c.add('FIT-7', 'two words, unsigned', fit(), 'two-words')
    for trust in ('none', 'empty', 'free', 'other-word'):
        c.add('FIT-22', 'nothing required: ' + trust, good, trust)
        c.add('FIT-22', 'nothing required, unsigned: ' + trust,
              fit(confs=[conf(signed=None)]), trust)
        c.add('FIT-22', 'nothing required, changed: ' + trust,
              changed(fit()), trust)
    for trust in ('no-exponent', 'short-exponent', 'even', 'exponent-one',
                  'r-squared', 'no-r-squared', 'inverse', 'no-inverse',
                  'no-modulus', 'no-bits', 'few-bits', 'many-bits'):
        c.add('FIT-11', 'key node: ' + trust, good, trust)
    c.add('FIT-11', 'exponent 3', signed(fit(confs=[conf(signed=three)]),
                                         three), 'three')
    c.add('FIT-11', 'exponent 3 by another', good, 'three')


def changed(root, path='images/kernel-1', by=b'\1'):
    node = root.sub(path)
    data = bytearray(node.get('data'))
    data[5] ^= by[0]
    return node.set('data', bytes(data)) and root


def of_pss(c):
    def pss(name, salt=bytes(range(32)), key=dev, trust='one', algo=None,
            padding='pss', **wrong):
        root = fit(confs=[conf(signed=key)])
        node = root.sub('configurations/conf-1/signature-1')
        if padding:
            node.set('padding', padding)
        if algo:
            node.set('algo', algo)
        c.add('FIT-12', 'PSS, ' + name, signed(root, key, salt=salt,
                                               wrong=wrong), trust)

    for size in (0, 1, 20, 222):
        pss('salt of %d' % size, bytes([7] * size))
    pss('salt that begins with zeros and 1', bytes(4) + b'\1' + bytes(9))
    pss('without the trailer', trailer=b'\xcc')
    pss('without the 1', begin=b'\2')
    pss('nothing in front of the salt', begin=b'')
    pss('the highest bit is 1', top=0xff)
    pss('the salt is cut', salt=bytes(32), behind=b'\0')
    pss('RSA-4096', key=big, trust='big')
    pss('exponent 3', key=three, trust='three')
    for kind in ('sha1', 'sha384', 'sha512'):
        pss(kind, trust=kind, algo=kind + ',rsa2048')
    pss('by another', key=prod)
    pss('called pkcs-1.5', padding='pkcs-1.5')
    pss('without a padding', padding=None)
    root = fit(images=[kernel(), tree()], confs=[conf(signed=None)])
    for name, data in (('kernel-1', KERNEL), ('fdt-1', DTB)):
        node = root.sub('images/' + name).add(signature(dev, padding='pss'))
        node.set('value', dev.sign_pss(digest('sha256', data), 'sha256',
                                       bytes(32)))
    c.add('FIT-13', 'PSS', root, 'image')


def of_signatures(c):
    for algo in ('sha1', 'sha384', 'sha512'):
        root = fit()
        root.sub('configurations/conf-1/signature-1').set(
            'algo', algo + ',rsa2048')
        signed(root)
        c.add('FIT-11', algo + ' of both', root, algo)
        c.add('FIT-11', algo + ' of the image alone', root)
        c.add('FIT-11', algo + ' of the key alone', signed(fit()), algo)
    c.add('FIT-12', 'RSA-4096', signed(fit(confs=[conf(signed=big)]), big),
          'big')
    c.add('FIT-12', 'RSA-3072', signed(fit(confs=[conf(signed=mid)]), mid),
          'mid')
    for algo in ('sha256', 'sha256,', 'sha256,rsa1024', 'sha224,rsa2048',
                 'sha256,ecdsa256', 'sha256,rsa2048,x', 'SHA256,rsa2048',
                 'md5,rsa2048', ''):
        root = fit()
        root.sub('configurations/conf-1/signature-1').set('algo', algo)
        c.add('FIT-8', 'algo "%s"' % algo, signed(root,
                                                 algo='sha256,rsa2048'))
    for value in (b'sha256,rsa2048', b'sha256,rsa2048\0more'):
        root = fit()
        root.sub('configurations/conf-1/signature-1').set('algo', value)
        c.add('FIT-8', 'algo of %d bytes' % len(value),
              signed(root, algo='sha256,rsa2048'))
    root = fit()
    root.sub('configurations/conf-1/signature-1').drop('algo')
    c.add('FIT-8', 'no algo', signed(root, algo='sha256,rsa2048'))
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').drop('value')
    c.add('FIT-8', 'no value', root)
    for padding in ('pkcs-1.5', 'pss', 'pkcs', ''):
        root = fit()
        root.sub('configurations/conf-1/signature-1').set('padding', padding)
        c.add('FIT-8', 'padding "%s"' % padding, signed(root))
    root = fit()
    root.sub('configurations/conf-1/signature-1').set('padding', 'pss')
    c.add('FIT-8', 'PSS', signed(root, salt=bytes(32)))
    of_pss(c)
    bad_first = fit(confs=[conf(signed=[prod, dev])])
    bad_first.sub('configurations/conf-1/signature-1').set('algo', 'x,y')
    sign(bad_first, 'conf-1', dev, 'signature-2')
    c.add('FIT-8', 'the second one is good', bad_first)
    value = signed(fit()).sub('configurations/conf-1/signature-1').get(
        'value')
    for name, new in (('short', value[:-1]), ('long', value + b'\0'),
                      ('empty', b''), ('one bit', bytes([value[0] ^ 1]) +
                                       value[1:]), ('zero', bytes(256)),
                      ('ones', b'\xff' * 256)):
        root = signed(fit())
        root.sub('configurations/conf-1/signature-1').set('value', new)
        c.add('FIT-12', 'value: ' + name, root)
    for salt in range(64):
        root = signed(fit(description='number %d' % salt))
        node = root.sub('configurations/conf-1/signature-1')
        number = int.from_bytes(node.get('value'), 'big') + dev.n
        if number < 1 << 2048:
            node.set('value', number.to_bytes(256, 'big'))
            c.add('FIT-12', 'value above the modulus', root)
            break


def of_covered(c):
    root = signed(fit())
    root.set('description', 'another one')
    c.add('FIT-9', 'root description', root)
    root = signed(fit())
    root.set('timestamp', TIME + 1)
    c.add('FIT-9', 'root timestamp', root)
    root = signed(fit())
    root.sub('images/kernel-1').set('load', 0x41100000)
    c.add('FIT-9', 'load address', root)
    root = signed(fit())
    root.sub('configurations/conf-1').set('description', 'x')
    c.add('FIT-9', 'configuration', root)
    root = signed(fit())
    root.sub('configurations').set('default', 'conf-2')
    c.add('FIT-9', 'default', root)
    root = signed(fit([kernel(), tree(), ramdisk()]))
    root.sub('images/ramdisk-1').set('description', 'x')
    c.add('FIT-9', 'an image that is not named', root)
    root = signed(with_sub(fit(), Node('note'), 'images/kernel-1'))
    root.sub('images/kernel-1/note').set('text', 'x')
    c.add('FIT-9', 'a subnode of an image', root)
    root = signed(fit())
    root.sub('images/kernel-1').add(Node('note'))
    c.add('FIT-9', 'a new subnode of an image', root)
    root = signed(fit())
    root.sub('images').add(Node('note'))
    c.add('FIT-9', 'a new image', root)
    root = signed(fit())
    root.add(Node('note'))
    c.add('FIT-9', 'a new node', root)
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').set('key-name-hint', 'zz')
    c.add('FIT-9', 'hint changed', root)
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').set(
        'hashed-nodes', ('/', '/configurations/conf-1'))
    c.add('FIT-9', 'hashed-nodes changed', root)
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').drop('hashed-nodes')
    c.add('FIT-9', 'no hashed-nodes', root)
    nodes = ['/', '/configurations/conf-1', '/images/kernel-1',
             '/images/kernel-1/hash-1']
    c.add('FIT-9', 'fewer nodes signed', signed(fit(), nodes=nodes))
    c.add('FIT-9', 'fewer nodes signed, and the rest changed', changed(
        signed(fit(), nodes=nodes), 'images/fdt-1', b'\0'))
    for name, told in (
            ('root alone', ['/']), ('not the configuration', nodes[2:]),
            ('the configuration first', nodes[1:] + nodes[:1]),
            ('a node that is not there', nodes + ['/images/kernel-9']),
            ('100 nodes', nodes + ['/x%d' % i for i in range(96)]),
            ('101 nodes', nodes + ['/x%d' % i for i in range(97)]),
            ('another configuration', ['/', '/configurations/conf-12']),
            ('a longer path', nodes + ['/configurations/conf-1/x']),
            ('a node twice', nodes + nodes)):
        c.add('FIT-9', 'hashed-nodes: ' + name, signed(fit(), nodes=told))
    for name, told in (('without its end', b'/\0/configurations/conf-1'),
                       ('nothing', b''), ('one NUL', b'\0')):
        root = signed(fit())
        root.sub('configurations/conf-1/signature-1').set('hashed-nodes',
                                                          told)
        c.add('FIT-9', 'hashed-nodes: ' + name, root)
    c.add('FIT-9', 'image without a hash', signed(fit(
        [kernel(), tree(algo=None)])))
    c.add('FIT-9', 'no image is named', signed(fit(confs=[conf(
        kernel=None, fdt=None)])))
    c.add('FIT-9', 'another list names it', signed(fit(
        [kernel(), tree(), ramdisk()], [conf(note='ramdisk-1')])))
    c.add('FIT-9', 'another list names it without a hash', signed(fit(
        [kernel(), tree(), ramdisk(algo=None)], [conf(note='ramdisk-1')])))
    c.add('FIT-9', 'a list without its end', signed(fit(
        [kernel(), tree(), ramdisk(algo=None)],
        [conf(note=b'ramdisk-1\0x')])))
    c.add('FIT-9', 'cipher', signed(fit([with_sub(kernel(), Node(
        'cipher', algo='aes128')), tree()])))
    root = signed(fit([with_sub(kernel(), Node('cipher', algo='aes128')),
                       tree()]))
    root.sub('images/kernel-1/cipher').set('algo', 'aes256')
    c.add('FIT-9', 'cipher changed', root)
    root = fit([with_sub(kernel(), Node('hash-0', algo='sha256', value=digest(
        'sha256', KERNEL))), tree()])
    c.add('FIT-9', 'two hashes', signed(root))
    clone = fit()
    copy = Node('images', kernel(KERNEL + b'!'), tree())
    clone.items.append(copy)
    c.add('FIT-9', 'images twice', signed(clone))
    first = signed(fit())
    first.items.insert(2, Node('images', kernel(KERNEL + b'!'), tree()))
    c.add('FIT-9', 'images twice, the other one first', first)
    deep = Node('d0')
    node = deep
    for i in range(1, 29):
        node = node.add(Node('d%d' % i))
    c.add('FIT-10', 'depth of 30', signed(with_sub(fit(), deep)))
    for i in range(29, 36):
        node = node.add(Node('d%d' % i))
    c.add('FIT-10', 'depth of 37', signed(with_sub(fit(), deep)))
    c.add('FIT-10', 'a path of 180', signed(with_sub(fit(), Node('n' * 180))))
    c.add('FIT-10', 'a path of 210', signed(with_sub(fit(), Node('n' * 210))))
    c.add('FIT-10', 'behind the tree', signed(fit()), behind=bytes(8))
    many = [ramdisk(RAMDISK + bytes([i]), 'r%d' % i) for i in range(60)]
    c.add('FIT-10', '62 images', signed(fit(
        [kernel(), tree()] + many,
        [conf(note=['r%d' % i for i in range(60)])])))
    few = many[:20]
    c.add('FIT-10', '22 images', signed(fit(
        [kernel(), tree()] + few, [conf(note=['r%d' % i for i in
                                              range(20)])])))
    c.add('FIT-10', 'no strings', signed(fit(), strings=False))
    c.add('FIT-10', 'some strings', signed(fit(), strings=7))
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').set(
        'hashed-strings', cell(0, 5))
    c.add('FIT-10', 'strings changed', root)
    root = signed(fit())
    size = len(Tree(root).strings)
    root.sub('configurations/conf-1/signature-1').set(
        'hashed-strings', cell(99, size))
    c.add('FIT-10', 'strings from elsewhere', root)
    root = signed(fit())
    root.sub('configurations/conf-1/signature-1').set(
        'hashed-strings', cell(0, 0x20000))
    c.add('FIT-10', 'strings too long', root)


def of_images(c):
    def each(name, keys, trust, data=KERNEL, other=None, **more):
        images = []
        for node, used in ((kernel(data), data), (tree(), DTB)):
            for i, key in enumerate(keys):
                title = 'signature-%d' % (i + 1)
                node.add(signature(key, name=title, **more))
                node.get('data')
            images.append(node)
        root = fit(images, [conf(signed=None)])
        for node, used in (('kernel-1', data), ('fdt-1', DTB)):
            for i, key in enumerate(keys):
                sign_image(root, node, key, used, 'signature-%d' % (i + 1))
        if other:
            other(root)
        c.add('FIT-13', name, root, trust)

    each('signed', [dev], 'image')
    each('by another', [prod], 'image')
    each('by another that is not required', [prod], 'image-other')
    each('unsigned', [], 'image')
    each('one for two', [dev], 'images')
    each('one for two, any', [dev], 'images-any')
    each('by a third', [third], 'images')
    each('second signature', [third, dev], 'image')
    each('configuration, and no image', [], 'image',
         other=lambda r: r.sub('configurations/conf-1').add(
             signature(dev)) and sign(r, 'conf-1', dev))
    each('load address changed', [dev], 'image',
         other=lambda r: r.sub('images/kernel-1').set('load', 0x41200000))
    each('data changed', [dev], 'image', other=lambda r: changed(r))
    each('device tree changed', [dev], 'image',
         other=lambda r: changed(r, 'images/fdt-1', b'\0') and
         r.sub('images/fdt-1/signature-1').set('value', bytes(256)))
    each('unknown padding', [dev], 'image', padding='x')
    each('for images and configurations', [prod], 'both',
         other=lambda r: r.sub('configurations/conf-1').add(
             signature(dev)) and sign(r, 'conf-1', dev))
    each('images alone', [prod], 'both')


def outside(root, gap=0, position=None, extra=b''):
    """Puts the images' data behind the tree. Returns the tree's bytes, what is
    behind them, and the root."""
    behind, places = b'', []
    for node in root.sub('images').subs():
        data = node.get('data')
        node.drop('data')
        places.append((node, len(behind), len(data)))
        behind += data + bytes(-len(data) % 4)
    for node, at, size in places:
        if position is None:
            node.set('data-offset', at + gap)
        else:
            node.set('data-position', at + position)
        node.set('data-size', size)
    return bytes(gap) + behind


def put(root, behind, position=None):
    data = Tree(root).bytes
    data += bytes(-len(data) % 4)
    if position:
        data = data.ljust(position, b'\0')
    return data + behind


def of_data(c):
    root = fit()
    behind = outside(root)
    c.add('FIT-14', 'external', put(signed(root), behind))
    broken = bytes([behind[0] ^ 1]) + behind[1:]
    c.add('FIT-14', 'external, changed', put(root, broken))
    c.add('FIT-14', 'external, moved', put(root, bytes(4) + behind))
    root = fit()
    behind = outside(root, position=4096)
    c.add('FIT-14', 'position', put(signed(root), behind, 4096))
    c.add('FIT-14', 'position, moved', put(root, bytes(16) + behind, 4096))
    root = fit()
    behind = outside(root)
    signed(root)
    root.sub('images/kernel-1').set('data-size', len(KERNEL) - 1)
    c.add('FIT-14', 'external, shorter', put(root, behind))
    root.sub('images/kernel-1').drop('data-size')
    c.add('FIT-14', 'external, no size', put(root, behind))
    root = fit()
    behind = outside(root)
    root.sub('images/kernel-1').set('data', KERNEL)
    root.sub('images/kernel-1').set('data-offset', 4)
    c.add('FIT-14', 'inside and outside', put(signed(root), behind))
    root = fit()
    behind = outside(root, position=4096)
    root.sub('images/kernel-1').set('data-offset', 99)
    c.add('FIT-14', 'position and offset', put(signed(root), behind, 4096))
    none = fit()
    none.sub('images/kernel-1').drop('data')
    c.add('FIT-14', 'no data', signed(none))
    for algo in ('crc16-ccitt', 'crc32', 'md5', 'sha1', 'sha384', 'sha512'):
        c.add('FIT-15', algo, signed(fit([kernel(algo=algo), tree()])))
        c.add('FIT-15', algo + ', changed', changed(signed(fit(
            [kernel(algo=algo), tree()]))))
    c.add('FIT-15', 'changed', changed(signed(fit())))
    for trust in ('one', 'none'):
        for name, props in (
                ('short', {'value': digest('sha256', KERNEL)[:-1]}),
                ('long', {'value': digest('sha256', KERNEL) + b'\0'}),
                ('sha224', {'algo': 'sha224'}), ('SHA256', {'algo': 'SHA256'}),
                ('no end', {'algo': b'sha256'}),
                ('nothing', {'algo': b''})):
            root = fit()
            for key, value in props.items():
                root.sub('images/kernel-1/hash-1').set(key, value)
            c.add('FIT-15', 'hash %s, %s' % (name, trust), signed(root),
                  trust)
        for name in ('algo', 'value'):
            root = fit()
            root.sub('images/kernel-1/hash-1').drop(name)
            c.add('FIT-15', 'hash without %s, %s' % (name, trust),
                  signed(root), trust)
    c.add('FIT-15', 'no hash, nothing required', fit(
        [kernel(algo=None), tree(algo=None)]), 'none')
    c.add('FIT-15', 'second hash is wrong', signed(fit([with_sub(
        kernel(), hash_node(KERNEL + b'x', 'sha1', 'hash-2')), tree()])))
    c.add('FIT-15', 'longer name', signed(fit([with_sub(
        kernel(), hash_node(KERNEL + b'x', 'sha1', 'hashes')), tree()])))
    c.add('FIT-15', 'tree changed', signed(fit([kernel(), with_sub(
        tree(algo=None), hash_node(DTB + b'x'))])))
    for value in (cell(1), cell(0), b'\0\1', cell(0, 1)):
        root = changed(fit())
        root.sub('images/kernel-1/hash-1').set('uboot-ignore', value)
        c.add('FIT-16', 'ignored: ' + value.hex(), signed(root))


def of_packings(c):
    for name, kind, how in packings(PLAIN):
        for what in ('fdt', 'loadable'):
            data = how(DTB if what == 'fdt' else RAMDISK)
            extra = [] if what == 'fdt' else [ramdisk(
                data, 'fw-1', type='firmware', compression=kind)]
            node = tree(data, compression=kind) if what == 'fdt' else tree()
            c.add('FIT-25', '%s: %s' % (what, name), signed(fit(
                [kernel(), node] + extra,
                [conf(loadables=None if what == 'fdt' else 'fw-1')])))
    some = ('gzip', 'not gzip', 'gzip without its mark', 'gzip, cut by 9',
            'gzip without a checksum', 'gzip, damaged 1', 'gzip, damaged 2',
            'gzip, 500 times', 'gzip of another thing', 'zstd', 'zstd cut',
            'not lz4', 'xz')
    for name, kind, how in packings(PLAIN):
        if name not in some:
            continue
        c.add('FIT-25', 'kernel: ' + name, signed(fit(
            [kernel(how(KERNEL), compression=kind), tree()])))
    data = gzipped(KERNEL + bytes(random.Random(1).randbytes(90)))
    for kind in ('bzip2', 'lzo', 'none at all'):
        c.add('FIT-25', 'fdt: as ' + kind, signed(fit(
            [kernel(), tree(compression=kind)])))
    c.add('FIT-25', 'ramdisk: packed, and broken', signed(fit(
        [kernel(), tree(), ramdisk(compression='gzip')],
        [conf(ramdisk='ramdisk-1')])))
    c.add('FIT-25', 'kernel: noload, gzip', signed(fit(
        [kernel(data, compression='gzip', type='kernel_noload'), tree()])))
    packed = gzipped(DTB)
    c.add('FIT-25', 'fdt: changed in a packed one', changed(signed(fit(
        [kernel(), tree(packed, compression='gzip')])), 'images/fdt-1'))


def of_kernels(c):
    def each(name, data=PLAIN, last=None, **props):
        node = tree() if last is None else tree(arch=last)
        if last == '':
            node.drop('arch')
        c.add('FIT-26', 'kernel: ' + name, signed(fit(
            [kernel(data, **props), node])))

    each('its header', KERNEL)
    each('no header')
    each('no header, packed', gzipped(PLAIN), compression='gzip')
    each('its header, packed', gzipped(KERNEL), compression='gzip')
    each('no header, for arm', arch='arm')
    each('no header, and a tree for arm', last='arm')
    each('no header, for u-boot', os='u-boot')
    each('no header, for ARM64', arch='ARM64')


def of_overlays(c, with_tree):
    def lay(name, *images, **props):
        with_tree(name, 'FIT-24', list(images), **props)

    two = ('fdt-1', 'fdt-2')
    lay('two trees', tree(), tree(OTHER_DTB, 'fdt-2'), fdt=two)
    lay('two trees, one missing', tree(), fdt=two)
    lay('two trees without an end', tree(), fdt=b'fdt-1\0fdt-2')
    lay('two trees, with an address', tree(load=0x42000000),
        tree(OTHER_DTB, 'fdt-2'), fdt=two)
    lay('one missing, with an address', tree(load=0x42000000), fdt=two)
    for asked in ('conf-1#', 'conf-1#conf-1', 'conf-1#conf-2',
                  'conf-1#conf-9', 'conf-1#conf-9#conf-2'):
        for name, more in (('', {}), (', with an address',
                                      {'load': 0x42000000})):
            root = fit([kernel(), tree(**more)],
                       [conf(), conf('conf-2', signed=None)])
            c.add('FIT-24', 'asked for ' + asked + name, signed(root),
                  conf=asked)
    root = fit()
    behind = outside(root)
    root.sub('configurations/conf-1').set('fdt', two)
    c.add('FIT-24', 'two trees, outside', put(signed(root), behind))
    there = {'load': 0x42000000}

    def over(name, *nodes, base=DTB, data=None, **more):
        data = data or Tree(Node('', *nodes)).bytes
        lay('overlay: ' + name, tree(base, **there),
            tree(data, 'fdt-2', **more), fdt=two)

    def piece(path, *nodes, name='fragment-0'):
        return Node(name, Node('__overlay__', *nodes, note='x'),
                    target_path=path)

    over('nothing in it')
    over('its place is not there', piece('/nowhere'))
    over('a label', Node('__fixups__', uart='/fragment-0:target:0'),
         piece('/'))
    over('a label, and other symbols', Node(
        '__fixups__', uart='/fragment-0:target:0'), piece('/'),
         base=Tree(Node('', Node('chosen'), Node('__symbols__', i2c='/chosen')
                        )).bytes)
    over('a bad header', data=bytes(cut_tree()))
    over('longer than its data', data=Tree(Node(''), total=200).bytes[:100])
    over('changed', base=DTB, data=DTB, algo='sha256',
         compression='none')
    over('no tree', data=b'this is no tree at all, but a text of some bytes')
    over('packed, and broken', compression='gzip')
    over('of another type', type='kernel')
    lay('overlay: its hash is wrong', tree(**there), with_sub(
        tree(OTHER_DTB, 'fdt-2', algo=None), hash_node(b'x')), fdt=two)


def cut_tree():
    cut = bytearray(DTB)
    cut[8:12] = cell(0x100000)
    return cut

def of_boot(c):
    def with_kernel(name, rule='FIT-17', drop=None, data=KERNEL, trust='one',
                    **props):
        node = kernel(data, **props)
        if drop:
            node.drop(drop)
        c.add(rule, name, signed(fit([node, tree()])), trust)

    for kind in ('Kernel', 'kernel_noload', 'firmware', 'tee', 'ramdisk',
                 'standalone', 'flat_dt', 'tfa-bl31', ''):
        with_kernel('type ' + kind, type=kind)
    for system in ('LINUX', 'u-boot', 'tee', 'efi', 'vxworks', 'openrtos',
                   'netbsd', 'qnx', 'elf', 'invalid', ''):
        with_kernel('os ' + system, os=system)
    for prop in ('type', 'os', 'arch', 'compression', 'load', 'entry',
                 'description'):
        with_kernel('without ' + prop, 'FIT-18', drop=prop)
    with_kernel('firmware for tee', 'FIT-17', type='firmware', os='tee')
    for arch in ('x86', 'x86_64', 'arm', 'riscv', 'none of these'):
        with_kernel('arch ' + arch, 'FIT-18', arch=arch)
    with_kernel('x86 without entry', 'FIT-18', arch='x86', drop='entry')
    with_kernel('two cells', 'FIT-18', load=cell(0, 0x41000000),
                entry=cell(0, 0x41000000))
    with_kernel('three cells', 'FIT-18', load=cell(0, 0, 0x41000000))
    with_kernel('three cells of entry', 'FIT-18', entry=cell(0, 0, 0))
    with_kernel('three cells, and large', 'FIT-18',
                load=cell(0, 1, 0x41000000))
    with_kernel('three cells of entry, and large', 'FIT-18',
                entry=cell(0, 1, 0))
    with_kernel('13 bytes', 'FIT-18', load=cell(1, 0, 0x41000000) + b'x')
    with_kernel('no cell', 'FIT-18', load=b'')
    with_kernel('kernel: not one byte', 'FIT-18', data=b'', os='u-boot')
    with_kernel('kernel: noload without a header', 'FIT-18', data=PLAIN,
                type='kernel_noload', arch='arm64')
    with_kernel('noload without entry', 'FIT-18', type='kernel_noload',
                drop='entry')
    c.add('FIT-17', 'no kernel', signed(fit(confs=[conf(kernel=None)])))
    c.add('FIT-17', 'kernel is missing', signed(fit(confs=[conf(
        kernel='kernel-9')])))
    c.add('FIT-17', 'kernel without its end', signed(fit(confs=[conf(
        kernel=b'kernel-1')])))
    c.add('FIT-17', 'two kernels', signed(fit(
        [kernel(), tree(), kernel(KERNEL + b'2', 'kernel-2')],
        [conf(kernel=('kernel-1', 'kernel-2'))])))
    c.add('FIT-17', 'second kernel is bad', changed(signed(fit(
        [kernel(), tree(), kernel(KERNEL + b'2', 'kernel-2')],
        [conf(kernel=('kernel-1', 'kernel-2'))])), 'images/kernel-2'))

    def with_disk(name, node, prop='ramdisk-1', alter=None):
        root = signed(fit([kernel(), tree()] + ([node] if node else []),
                          [conf(ramdisk=prop)]))
        c.add('FIT-19', name, alter(root) if alter else root)

    with_disk('ramdisk', ramdisk())
    with_disk('ramdisk changed', ramdisk(),
              alter=lambda r: changed(r, 'images/ramdisk-1'))
    with_disk('ramdisk is missing', None)
    with_disk('ramdisk of another type', ramdisk(type='filesystem'))
    with_disk('ramdisk of another os', ramdisk(os='netbsd'))
    with_disk('ramdisk without os', ramdisk().drop('os'))
    with_disk('packed ramdisk', ramdisk(compression='gzip'))
    with_disk('ramdisk with an address', ramdisk(load=0x43000000))

    def with_tree(name, rule='FIT-20', images=None, **props):
        c.add(rule, name, signed(fit([kernel()] + (images or []),
                                     [conf(**props)])))

    with_tree('no tree', fdt=None)
    with_tree('tree is missing', fdt='fdt-9')
    with_tree('no tree inside', images=[tree(b'this is no tree at all, no')])
    with_tree('tree of another type', images=[tree(type='kernel')])
    with_tree('tree as firmware', images=[tree(type='firmware')])
    with_tree('tree with an odd compression', images=[tree(
        compression='odd')])
    with_tree('tree with an address', images=[tree(load=0x42000000)])
    with_tree('tree without compression',
              images=[tree().drop('compression')])
    cut = bytearray(DTB)
    cut[8:12] = cell(0x100000)
    with_tree('tree with a bad header', images=[tree(bytes(cut))])
    of_overlays(c, with_tree)

    def with_load(name, props, *images, alter=None):
        root = signed(fit([kernel(), tree()] + list(images),
                          [conf(loadables=props)]))
        c.add('FIT-21', name, alter(root) if alter else root)

    other = ramdisk(b'firmware of something', 'fw-1', type='firmware')
    with_load('loadable', 'fw-1', other)
    with_load('loadable changed', 'fw-1', other,
              alter=lambda r: changed(r, 'images/fw-1'))
    with_load('loadable is missing', 'fw-1')
    with_load('second loadable is missing', ('fw-1', 'fw-2'), ramdisk(
        b'firmware of something', 'fw-1', type='firmware'))
    with_load('loadable without type', 'fw-1', ramdisk(
        b'firmware of something', 'fw-1').drop('type'))
    with_load('loadable of an odd type', 'fw-1', ramdisk(
        b'firmware of something', 'fw-1', type='odd'))
    with_load('loadable with an odd compression', 'fw-1', ramdisk(
        b'firmware of something', 'fw-1', compression='odd'))
    c.add('FIT-17', 'tee looks for no ramdisk', signed(fit(
        [kernel(os='tee'), tree()], [conf(ramdisk='ramdisk-1',
                                          loadables='x')])))


def all_cases(base):
    c = Cases(base)
    trusts(c)
    for part in (of_format, of_choice, of_keys, of_signatures, of_covered,
                 of_images, of_data, of_boot, of_packings, of_kernels):
        part(c)
    return c
