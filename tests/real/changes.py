# Devices and planned changes for the test of predictions: four boots to start
# from, and what is changed of them.
import glob
import hashlib
import os
import struct
import uuid

import ovmf
from boots import run

X509 = uuid.UUID('a5c059a1-94e4-4aa7-87b5-ab155c2bf072').bytes_le
SHA256 = uuid.UUID('c1c41626-504c-4092-aca9-41f936934328').bytes_le
NOBODY = bytes(16)
SOMEBODY = uuid.UUID('77fa9abd-0359-4d32-bd60-28f4e78f784b').bytes_le
CERTIFICATES = 'tests/data/microsoft/certs/'
INIT = b'''#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t securityfs sec /sys/kernel/security
exec >/dev/ttyS0 2>&1
echo
echo -n "log "
hexdump -v -e '1/1 "%02x"' /sys/kernel/security/tpm0/binary_bios_measurements
echo
for bank in sha1:4 sha256:11 sha384:12 sha512:13; do
	for pcr in $(seq 0 23); do
		file=/sys/class/tpm/tpm0/pcr-${bank%:*}/$pcr
		[ ! -e $file ] || {
			echo
			echo pcr ${bank#*:} $pcr $(tr A-F a-f <$file)
		}
	done
done
# VARIANT
poweroff -f
'''


def contents(path):
    with open(path, 'rb') as f:
        return f.read()


def entry(kind, data, owner=NOBODY):
    """A signature list of one entry."""
    return kind + struct.pack('<III', 44 + len(data), 0, 16 + len(data)) + \
        owner + data


def update(path):
    """The value in a signed update."""
    data = contents(path)
    return data[16 + struct.unpack_from('<I', data, 16)[0]:]


def archive(entries):
    """A cpio archive, as an initial file system. Source: Linux,
    Documentation/driver-api/early-userspace/buffer-format.rst."""
    out = b''
    for number, (name, data, mode) in enumerate(
            entries + [('TRAILER!!!', b'', 0)]):
        fields = (number + 1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(name) + 1, 0)
        out += b'070701' + b''.join(b'%08x' % f for f in fields)
        out += name.encode() + b'\0'
        out += b'\0' * (-len(out) % 4) + data
        out += b'\0' * (-len(out) % 4)
    return out


class Files:
    """Files by short names; `packages` says which come from Debian."""
    def __init__(self, folder):
        self.folder, self.path, self.packages = folder, {}, {}

    def put(self, name, data):
        self.path[name] = os.path.join(self.folder, name)
        with open(self.path[name], 'wb') as f:
            f.write(data)

    def take(self, name, path, package):
        self.path[name] = os.path.abspath(path)
        self.packages[name] = package


def make_keys(files):
    for name in ('own', 'other', 'mok'):
        files.path[name + '.der'] = os.path.join(files.folder, name + '.der')
        if os.path.exists(files.path[name + '.der']):
            continue
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
            '-keyout', name + '.key', '-out', name + '.pem', '-days', '3650',
            '-subj', '/CN=keyfit ' + name, cwd=files.folder)
        run('openssl', 'x509', '-in', name + '.pem', '-outform', 'der',
            '-out', name + '.der', cwd=files.folder)


def sign(files, out, source, *keys):
    files.path[out] = os.path.join(files.folder, out)
    for key in () if os.path.exists(files.path[out]) else keys:
        run('sbsign', '--key', key + '.key', '--cert', key + '.pem',
            '--output', out, source, cwd=files.folder)
        source = out


def make_loaders(files, keyfit, teller):
    """The application that tells, in all variants; shim's."""
    other = contents(teller).replace(b'keyfit.test,1,keyfit,keyfit,1,',
                                     b'keyfit.test,1,keyfit,keyfit,2,')
    files.put('second.efi', other)
    for key in ('own', 'other', 'mok'):
        sign(files, key + '.efi', teller, key)
    sign(files, 'both.efi', teller, 'own', 'other')
    sign(files, 'two.efi', teller, 'own', 'mok')
    sign(files, 'next.efi', 'second.efi', 'other')
    sign(files, 'next-mok.efi', 'second.efi', 'mok')
    for out, source, words in (
            ('stripped.efi', 'both.efi', ('--signature', '1')),
            ('turned.efi', 'both.efi', ('--order', '2,1')),
            ('shim-2023.efi', 'shim', ('--signature', '1')),
            ('shim-turned.efi', 'shim', ('--order', '2,1'))):
        files.path[out] = os.path.join(files.folder, out)
        run(keyfit, 'strip', *words, files.path[source], '--output',
            files.path[out])


LINE = 'set note=one'
LINUX = '/vmlinuz console=ttyS0 quiet'


def make_texts(files, busybox):
    chain = 'set timeout=0\n%s\nchainloader /EFI/next.efi\nboot\n'
    linux = 'set timeout=0\nlinux %s\ninitrd /initrd.img\nboot\n'
    for name, form, line in (
            ('chain.cfg', chain, LINE), ('chain-2.cfg', chain, LINE + '2'),
            ('kernel.cfg', linux, LINUX),
            ('kernel-2.cfg', linux, LINUX + ' keyfit=2')):
        files.put(name, (form % line).encode())
    for name, variant in (('initrd.img', b''), ('initrd-2.img', b'2')):
        files.put(name, archive(
            [(d, b'', 0o40755) for d in ('bin', 'dev', 'proc', 'sys')] +
            [('bin/busybox', contents(busybox), 0o100755),
             ('init', INIT.replace(b'VARIANT', variant), 0o100755)]))


DEBIAN = (
    ('shim', 'usr/lib/shim/shimx64.efi.signed', 'shim-signed'),
    ('grub', 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed',
     'grub-efi-amd64-signed'),
    ('kernel', 'boot/vmlinuz-*', 'linux-image-amd64'))


def make_files(files, keyfit, teller):
    """Fails: says why."""
    for name, path, package in DEBIAN:
        for suite, end in (('bookworm', ''), ('trixie', '-13')):
            folder, trouble = ovmf.fetch(package, suite)
            found = glob.glob(os.path.join(folder or '/none', path))
            if not found:
                return trouble
            files.take(name + end, found[0], '%s %s' % (package, suite))
    folder, trouble = ovmf.fetch('busybox-static')
    if not folder:
        return trouble
    make_keys(files)
    make_loaders(files, keyfit, teller)
    make_texts(files, os.path.join(folder, 'bin/busybox'))
    return None


class Base:
    """A boot to start from: variables by name, files by path on the disk."""
    def __init__(self, name, parts, disk, memory=512):
        self.name, self.parts, self.disk = name, parts, disk
        self.memory = memory


def certificate(files, name, owner=NOBODY):
    path = files.path.get(name + '.der') or CERTIFICATES + name + '.der'
    return entry(X509, contents(path), owner)


def bases(files):
    def cert(name, owner=NOBODY):
        return certificate(files, name, owner)
    common = {'pk': cert('own'), 'kek': cert('own'), 'dbx': b'', 'dbt': b''}
    loader, second = 'EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/grubx64.efi'
    both = cert('own') + cert('uefi-ca-2011')
    return {b.name: b for b in (
        Base('app', dict(common, db=cert('own') + cert('other')),
             {loader: 'both.efi'}),
        Base('shim', dict(common, db=both), {loader: 'shim',
                                             second: 'own.efi'}),
        Base('grub', dict(common, db=both, mok=cert('mok')),
             {loader: 'shim', second: 'grub',
              'EFI/debian/grub.cfg': 'chain.cfg',
              'EFI/next.efi': 'mok.efi'}),
        Base('linux', dict(common, db=both),
             {loader: 'shim', second: 'grub',
              'EFI/debian/grub.cfg': 'kernel.cfg', 'vmlinuz': 'kernel',
              'initrd.img': 'initrd.img'}, 768))}


class Change:
    """`disk`: path -> another file; `parts`: name -> value, or what makes it
    of the one before; `told`: the registers that have to be known. `fresh`:
    booted in every run, at the firmware of that year, or of all."""
    def __init__(self, name, base, parts=None, disk=None, words=(),
                 told=(4, 7, 14), fresh='', secure_boot=None):
        self.name, self.base, self.words = name, base, tuple(words)
        self.parts, self.disk = parts or {}, disk or {}
        self.told, self.fresh, self.secure_boot = told, fresh, secure_boot


def of_the_store(files):
    def cert(name, owner=NOBODY):
        return certificate(files, name, owner)
    digest = bytes(range(32))
    own, other = cert('own'), cert('other')
    image = image_digest(files.path['both.efi'])
    return [
        Change('dbx replaced', 'app', {'dbx': cert('mok')}),
        Change('dbx gains a digest', 'app',
               {'dbx': lambda old: old + entry(SHA256, digest)}),
        Change('dbx gains the newest of Microsoft', 'app',
               {'dbx': lambda old: old + update(
                   'tests/data/microsoft/dbx/amd64-DBXUpdate.bin')},
               fresh='2025.02'),
        Change('db gains a certificate', 'app',
               {'db': lambda old: old + cert('mok')}),
        Change('db reordered', 'app', {'db': other + own}, fresh='2022.11'),
        Change('db with another owner', 'app',
               {'db': cert('own', SOMEBODY) + other}, fresh='2025.02'),
        Change('db with the image by digest', 'app',
               {'db': entry(SHA256, image, SOMEBODY)}),
        Change('db without the first signer', 'app', {'db': other}),
        Change('KEK gains a certificate', 'app',
               {'kek': lambda old: old + cert('kek-2k-ca-2023')}),
        Change('KEK replaced', 'app', {'kek': cert('kek-ca-2011')}),
        Change('PK replaced', 'app', {'pk': other}),
        Change('dbt appears', 'app', {'dbt': cert('mok')},
               fresh='2022.11'),
        Change('Secure Boot off', 'app', secure_boot='off', fresh='all'),
        Change('PK removed', 'app', {'pk': b''}, fresh='2025.02'),
        Change('KEK, db and dbx at once', 'app',
               {'kek': cert('kek-2k-ca-2023'), 'db': other + own,
                'dbx': entry(SHA256, digest)}),
    ]


def of_loaders(files):
    def cert(name):
        return certificate(files, name)
    loader = 'EFI/BOOT/BOOTX64.EFI'
    return [
        Change('another loader', 'app', disk={loader: 'next.efi'},
               fresh='2022.11'),
        Change('a signature stripped', 'app', disk={loader: 'stripped.efi'},
               fresh='2025.02'),
        Change('signatures reordered', 'app', disk={loader: 'turned.efi'},
               fresh='2022.11'),
        Change('another shim', 'shim', disk={loader: 'shim-13'}),
        Change('shim with its signature of 2023 alone', 'shim',
               {'db': lambda old: old + cert('uefi-ca-2023')},
               {loader: 'shim-2023.efi'}),
        Change('shim with its signatures reordered', 'shim',
               {'db': lambda old: old + cert('uefi-ca-2023')},
               {loader: 'shim-turned.efi'}),
        Change('another second stage', 'shim', {'mok': cert('mok')},
               {'EFI/BOOT/grubx64.efi': 'next-mok.efi'}),
        Change('a second stage with two signatures', 'shim',
               {'mok': cert('mok')}, {'EFI/BOOT/grubx64.efi': 'two.efi'},
               fresh='2022.11'),
    ]


LEVEL = b'sbat,1,%d\nshim,2\ngrub,2\n'


def of_shim(files):
    def cert(name):
        return certificate(files, name)
    one = b'\1'
    return [
        Change('db gains the CA of 2023, as Microsoft signed it', 'shim',
               {'db': lambda old: old + update(
                   'tests/data/microsoft/db/DBUpdate3P2023.bin')}),
        Change('db with the CA of 2023 alone', 'shim',
               {'db': cert('own') + cert('uefi-ca-2023')},
               fresh='2022.11'),
        Change('an older SBAT level', 'shim',
               {'sbat-level': LEVEL % 2022052400}, fresh='2025.02'),
        Change('a newer SBAT level', 'shim',
               {'sbat-level': LEVEL % 2035010100}),
        Change('the SBAT level deleted', 'shim', {'sbat-level': b''}),
        Change('the policy: latest', 'shim', {'sbat-policy': one},
               fresh='2022.11'),
        Change('the policy: automatic', 'shim', {'sbat-policy': b'\2'}),
        Change('MokList gains a certificate', 'shim', {'mok': cert('mok')},
               fresh='2025.02'),
        Change('MokListX gains a digest', 'shim',
               {'mokx': entry(SHA256, bytes(range(32)))}, fresh='2022.11'),
        Change('validation off', 'shim', {'mok-sb-state': one},
               fresh='all'),
        Change('MokDBState: db is ignored', 'shim',
               {'mok': cert('own'), 'mok-db-state': one}, fresh='2025.02'),
        Change('MokListTrusted set', 'shim', {'mok-list-trusted': one}),
        Change('MokPolicy set', 'shim', {'mok-policy': b'\2'}),
        Change('Secure Boot off under shim', 'shim', secure_boot='off',
               fresh='2025.02'),
        Change('PK removed under shim', 'shim', {'pk': b''}),
        Change('Secure Boot off, the policy: latest', 'shim',
               {'sbat-policy': one}, secure_boot='off'),
        Change('dbx and MokListX under shim', 'shim',
               {'dbx': cert('other'), 'mokx': cert('other')}),
    ]


def of_commands(files):
    def cert(name):
        return certificate(files, name)
    config, all_of_them = 'EFI/debian/grub.cfg', (4, 7, 8, 9, 14)
    line = '%s=>%s'
    return [
        Change('another GRUB', 'grub', disk={
            'EFI/BOOT/grubx64.efi': 'grub-13'}, told=(7, 14)),
        Change('another command of GRUB', 'grub',
               disk={config: 'chain-2.cfg'},
               words=('--line', line % (LINE, LINE + '2')),
               told=all_of_them, fresh='2025.02'),
        Change('another image behind GRUB', 'grub',
               disk={'EFI/next.efi': 'next-mok.efi'}, told=all_of_them),
        Change('another authority behind GRUB', 'grub',
               disk={'EFI/next.efi': 'own.efi'}, told=all_of_them),
        Change('MokList reordered behind GRUB', 'grub',
               {'mok': cert('other') + cert('mok')}, told=all_of_them),
        Change('a kernel command line', 'linux',
               disk={config: 'kernel-2.cfg'}, words=(
                   '--line', line % ('linux ' + LINUX,
                                     'linux ' + LINUX + ' keyfit=2'),
                   '--line', line % (LINUX, LINUX + ' keyfit=2')),
               told=all_of_them, fresh='2025.02'),
        Change('another kernel', 'linux', disk={'vmlinuz': 'kernel-13'},
               told=all_of_them),
        Change('another initial file system', 'linux',
               disk={'initrd.img': 'initrd-2.img'}, told=all_of_them),
        Change('dbx under Linux', 'linux',
               {'dbx': entry(SHA256, bytes(range(32)))}, told=all_of_them),
    ]


def changes(files):
    return of_the_store(files) + of_loaders(files) + of_shim(files) + \
        of_commands(files)


def image_digest(path):
    """The SHA-256 digest of an image whose sections lie in order, without
    gaps. Source: Microsoft, "Windows Authenticode Portable Executable
    Signature Format"."""
    data = contents(path)
    pe = struct.unpack_from('<I', data, 0x3c)[0]
    table = struct.unpack_from('<I', data, pe + 168)[0]
    return hashlib.sha256(data[:pe + 88] + data[pe + 92:pe + 168] +
                          data[pe + 176:table]).digest()
