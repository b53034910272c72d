# Writes flattened device trees, sound ones and others, and signs FIT images:
# by itself, so that what mkimage would refuse to write can be judged too.
import base64
import hashlib
import random
import struct
import zlib

BEGIN, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9
DATA = (b'data', b'data-size', b'data-position', b'data-offset')


def text(*words):
    return b''.join(w.encode() + b'\0' for w in words)


def cell(*numbers):
    return b''.join(struct.pack('>I', n & 0xffffffff) for n in numbers)


class Node:
    """A node: properties, subnodes and NOPs, in order."""
    def __init__(self, name='', *items, **props):
        self.name = name.encode() if isinstance(name, str) else name
        self.items = []
        for key, value in props.items():
            self.set(key.replace('_', '-'), value)
        for item in items:
            self.add(item)

    def add(self, node):
        self.items.append(node)
        return node

    def set(self, name, value):
        if isinstance(value, str):
            value = text(value)
        elif isinstance(value, (tuple, list)):
            value = text(*value)
        elif isinstance(value, int):
            value = cell(value)
        name = name.encode()
        for i, item in enumerate(self.items):
            if isinstance(item, tuple) and item[0] == name:
                self.items[i] = (name, value)
                return self
        at = len([i for i in self.items if isinstance(i, tuple)])
        self.items.insert(at, (name, value))
        return self

    def late(self, name, value):
        """A property behind the subnodes."""
        self.items.append((name.encode(), value))

    def drop(self, name):
        name = name.encode()
        self.items = [i for i in self.items
                      if not (isinstance(i, tuple) and i[0] == name)
                      and not (isinstance(i, Node) and i.name == name)]
        return self

    def get(self, name):
        for i in self.items:
            if isinstance(i, tuple) and i[0] == name.encode():
                return i[1]
        return None

    def sub(self, path):
        node = self
        for name in path.strip('/').split('/'):
            node = [i for i in node.items if isinstance(i, Node)
                    and i.name == name.encode()][0]
        return node

    def subs(self):
        return [i for i in self.items if isinstance(i, Node)]


class Tree:
    """A tree with its header; what is written can be changed by hand."""
    def __init__(self, root, version=17, last=16, reserve=(), total=None,
                 strings=None, behind=b''):
        self.root, self.version, self.last = root, version, last
        self.reserve, self.total, self.behind = reserve, total, behind
        self.fixed = strings
        self.flatten()

    def string(self, name):
        at = (b'\0' + self.strings).find(b'\0' + name + b'\0')
        if at < 0:
            at = len(self.strings)
            self.strings += name + b'\0'
        return at

    def emit(self, token, path, name=None):
        self.tokens.append((len(self.struct), len(token), path, name))
        self.struct += token + bytes(-len(token) % 4)

    def walk(self, node, path):
        path = path + '/' + node.name.decode('latin1') if path else '/'
        path = path.replace('//', '/')
        self.places[path] = len(self.struct)
        self.emit(cell(BEGIN) + node.name + b'\0', path, BEGIN)
        for item in node.items:
            if isinstance(item, Node):
                self.walk(item, path)
            elif item is NOP:
                self.emit(cell(NOP), path, NOP)
            else:
                name, value = item
                self.places[path + '#' + name.decode('latin1')] = \
                    len(self.struct)
                self.emit(cell(PROP, len(value), self.string(name)) + value,
                          path, name)
        self.emit(cell(END_NODE), path, END_NODE)

    def flatten(self):
        self.struct, self.strings, self.tokens = b'', self.fixed or b'', []
        self.places = {}
        self.walk(self.root, '')
        self.emit(cell(END), '', END)
        rsv = b''.join(struct.pack('>QQ', *r) for r in self.reserve) + bytes(16)
        self.reserve_at = 40
        self.struct_at = 40 + len(rsv)
        body = rsv + self.struct + self.behind
        self.strings_at = 40 + len(body)
        body += self.strings
        total = self.total or 40 + len(body)
        head = cell(0xd00dfeed, total, self.struct_at, self.strings_at, 40,
                    self.version, self.last, 0, len(self.strings),
                    len(self.struct) + len(self.behind))
        self.bytes = head + body + bytes(max(0, total - 40 - len(body)))
        return self.bytes

    def covered(self, nodes, strings):
        """The bytes that a signature over these nodes covers."""
        out = b''
        for at, size, path, name in self.tokens:
            up = path.rsplit('/', 1)[0] or '/'
            if name in (BEGIN, END_NODE):
                on = path in nodes or (path != '/' and up in nodes)
            elif name == END:
                on = True
            else:
                on = path in nodes and name not in DATA
            if on:
                out += self.struct[at:at + size + -size % 4]
        return out + self.strings[:strings]


def prime(rng, bits):
    small = [n for n in range(3, 2000, 2)
             if all(n % d for d in range(3, int(n ** .5) + 1, 2))]
    while True:
        n = rng.getrandbits(bits) | 1 | 3 << (bits - 2)
        if any(n % p == 0 for p in small) or n % 65537 == 1:
            continue
        if all(witness(n, a) for a in (2, 3, 5, 7, 11)):
            return n


def witness(n, a):
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    x = pow(a, d, n)
    if x in (1, n - 1):
        return True
    for _ in range(s - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


PREFIX = {
    'sha1': bytes.fromhex('3021300906052b0e03021a05000414'),
    'sha256': bytes.fromhex('3031300d060960864801650304020105000420'),
    'sha384': bytes.fromhex('3041300d060960864801650304020205000430'),
    'sha512': bytes.fromhex('3051300d060960864801650304020305000440'),
}


def element(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    sized = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(sized)]) + sized + body


def integer(number):
    return element(2, number.to_bytes(number.bit_length() // 8 + 1, 'big'))


class Key:
    """An RSA key that is thrown away; the same one for the same seed."""
    def __init__(self, seed, bits=2048, e=65537):
        rng = random.Random('keyfit %s %d' % (seed, bits))
        self.name, self.bits, self.e = seed, bits, e
        while True:
            p, q = prime(rng, bits // 2), prime(rng, bits // 2)
            try:
                self.d = pow(e, -1, (p - 1) * (q - 1))
                break
            except ValueError:
                continue
        self.n, self.p, self.q = p * q, p, q

    def raw(self, number):
        return pow(number, self.d, self.n).to_bytes(self.bits // 8, 'big')

    def pem(self):
        """The private key, as RFC 8017, A.1.2 has it."""
        p, q, d = self.p, self.q, self.d
        body = b''.join(integer(n) for n in (
            0, self.n, self.e, d, p, q, d % (p - 1), d % (q - 1),
            pow(q, -1, p)))
        der = base64.encodebytes(element(0x30, body)).decode()
        return '-----BEGIN RSA PRIVATE KEY-----\n%s' \
            '-----END RSA PRIVATE KEY-----\n' % der

    def sign(self, digest, algo):
        room = self.bits // 8 - len(digest) - len(PREFIX[algo]) - 3
        block = b'\0\1' + b'\xff' * room + b'\0' + PREFIX[algo] + digest
        return self.raw(int.from_bytes(block, 'big'))

    def sign_pss(self, digest, algo, salt, begin=b'\1', trailer=b'\xbc',
                 top=0x7f, behind=b''):
        """`begin`, `trailer`, `top` and `behind` make a wrong one."""
        def h(data):
            return hashlib.new(algo, data).digest()
        size = self.bits // 8
        inner = h(bytes(8) + digest + salt)
        db = begin + salt + behind
        db = bytes(size - len(inner) - 1 - len(db)) + db
        mask = b''.join(h(inner + cell(i)) for i in range(40))[:len(db)]
        db = bytes(a ^ b for a, b in zip(db, mask))
        db = bytes([db[0] & 0x7f | 0xff & ~top]) + db[1:]
        number = int.from_bytes(db + inner + trailer, 'big')
        return self.raw(number % self.n)

    def node(self, required='conf', algo=None, name=None, **change):
        """The key node of a control device tree, as mkimage writes it."""
        size = self.bits // 8
        node = Node(name or 'key-' + self.name)
        if required:
            node.set('required', required)
        node.set('algo', algo or 'sha256,rsa%d' % self.bits)
        numbers = {
            'rsa,num-bits': cell(self.bits),
            'rsa,modulus': self.n.to_bytes(size, 'big'),
            'rsa,exponent': struct.pack('>Q', self.e),
            'rsa,r-squared': pow(2, 2 * self.bits, self.n).to_bytes(size,
                                                                   'big'),
            'rsa,n0-inverse': cell(-pow(self.n, -1, 1 << 32)),
            'key-name-hint': text(self.name),
        }
        for name, value in change.items():
            numbers[name.replace('_', '-').replace('rsa-', 'rsa,', 1)] = value
        for name, value in numbers.items():
            if value is not None:
                node.set(name, value)
        return node


def digest(algo, data):
    if algo == 'crc32':
        return struct.pack('>I', zlib.crc32(data))
    if algo == 'crc16-ccitt':
        crc = 0
        for b in data:
            crc ^= b << 8
            for _ in range(8):
                crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xffff
        return struct.pack('>H', crc)
    return hashlib.new(algo, data).digest()


def hash_node(data, algo='sha256', name='hash-1'):
    return Node(name, algo=algo, value=digest(algo, data))


def signature(key, algo=None, name='signature-1', **props):
    algo = algo or 'sha256,rsa%d' % key.bits
    return Node(name, algo=algo, key_name_hint=key.name,
                value=bytes(key.bits // 8), **props)


def cover(root, conf):
    """The nodes that U-Boot covers for a configuration."""
    nodes = ['/', '/configurations/' + conf]
    for item in root.sub('configurations/' + conf).items:
        if not isinstance(item, tuple) or item[0] in (
                b'description', b'compatible', b'default'):
            continue
        for name in item[1].split(b'\0')[:-1]:
            for image in root.sub('images').subs():
                if image.name != name:
                    continue
                path = '/images/' + name.decode('latin1')
                nodes.append(path)
                nodes += [path + '/' + s.name.decode('latin1')
                          for s in image.subs()
                          if s.name.startswith((b'hash', b'cipher'))]
                break
    return nodes


def sign(root, conf, key, name='signature-1', nodes=None, strings=True,
         salt=None, algo=None, wrong=None, **how):
    """Signs a configuration: its signature node is there, with a value of the
    right length."""
    node = root.sub('configurations/%s/%s' % (conf, name))
    used = nodes or cover(root, conf)
    node.set('hashed-nodes', used)
    if strings:
        node.set('hashed-strings', cell(0, 0))
        size = len(Tree(root, **how).strings)
        if strings is not True:
            size = strings
        node.set('hashed-strings', cell(0, size))
    else:
        size = 0
    kind = (algo or node.get('algo').split(b'\0')[0].decode()).split(',')[0]
    covered = Tree(root, **how).covered(used, size)
    value = hashlib.new(kind, covered).digest()
    node.set('value', key.sign(value, kind) if salt is None
             else key.sign_pss(value, kind, salt, **(wrong or {})))
    return root


def sign_image(root, image, key, data, name='signature-1', kind='sha256'):
    node = root.sub('images/%s/%s' % (image, name))
    node.set('value', key.sign(hashlib.new(kind, data).digest(), kind))
    return root


def control(base, *keys, mode=None, empty=True, compatible=None):
    """A control device tree: QEMU's own, with /signature behind all else."""
    total, struct_at, strings_at, _, version = struct.unpack('>IIIII',
                                                             base[4:24])
    strings_len, struct_len = struct.unpack('>II', base[32:40])
    body = base[struct_at:struct_at + struct_len]
    strings = base[strings_at:strings_at + strings_len]
    assert body[-8:] == cell(END_NODE, END)
    node = Node('signature', *keys)
    if mode is not None:
        node.set('required-mode', mode)
    tree = Tree(Node('', node), strings=strings)
    begin = len(cell(BEGIN) + bytes(4))
    if not keys and empty and mode is None:
        added = b''
    else:
        added = tree.struct[begin:-8]
    body = body[:-8] + added + body[-8:]
    if compatible:
        body = body.replace(b'linux,dummy-virt\0', compatible)
    rsv = bytes(16)
    head = cell(0xd00dfeed, total, 56, 56 + len(body), 40, version, 16, 0,
                len(tree.strings), len(body))
    out = head + rsv + body + tree.strings
    return out + bytes(total - len(out))
