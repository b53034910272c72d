# FIT images that keyfit signs, before U-Boot: as they come from dtc and from
# mkimage, with one and with several configurations and keys.
import os
import shutil
import subprocess

from fit_cases import big, conf, dev, fit, kernel, mid, prod, ramdisk, tree
from fit_qemu import SLOT, Board
from fit_tree import Tree, control

BIOS = '/usr/lib/u-boot/qemu_arm64/u-boot.bin'
SOURCE = '''/dts-v1/;
/ {
	description = "made by mkimage";
	#address-cells = <1>;
	images {
		kernel-1 {
			data = /incbin/("kernel");
			type = "kernel"; arch = "arm64"; os = "linux";
			compression = "none";
			load = <0x41000000>; entry = <0x41000000>;
			hash-1 { algo = "sha256"; };
		};
		fdt-1 {
			data = /incbin/("dtb");
			type = "flat_dt"; arch = "arm64"; compression = "none";
			hash-1 { algo = "sha256"; };
			hash-2 { algo = "crc32"; };
		};
	};
	configurations {
		default = "conf-1";
		conf-1 {
			kernel = "kernel-1"; fdt = "fdt-1";
			signature-1 {
				algo = "sha256,rsa2048"; key-name-hint = "dev";
				sign-images = "kernel", "fdt";
			};
		};
		conf-2 {
			kernel = "kernel-1"; fdt = "fdt-1";
			signature-1 {
				algo = "sha256,rsa2048"; key-name-hint = "dev";
			};
		};
	};
};
'''


def unsigned(root):
    """Without the values that mkimage or keyfit put there."""
    for one in root.sub('configurations').subs():
        for node in one.subs():
            for name in ('value', 'hashed-nodes', 'hashed-strings'):
                node.drop(name)
    return Tree(root).bytes


def algo(root, name):
    root.sub('configurations/conf-1/signature-1').set('algo', name)
    return root


def images():
    """Name, image without a signature, key, device."""
    yield 'plain', unsigned(fit()), dev, 'dev'
    yield 'signed before', Tree(fit()).bytes, dev, 'dev'
    yield 'sha384', unsigned(algo(fit(), 'sha384,rsa2048')), dev, 'dev384'
    yield 'rsa4096', unsigned(fit(confs=[conf(signed=big)])), big, 'big'
    yield 'rsa3072', unsigned(fit(confs=[conf(signed=mid)])), mid, 'mid'
    yield 'ramdisk', unsigned(fit(
        [kernel(), tree(), ramdisk()], [conf(ramdisk='ramdisk-1')])), \
        dev, 'dev'
    yield 'two configurations', unsigned(fit(
        confs=[conf(), conf('conf-2', kernel='kernel-1')])), dev, 'dev'


def by_mkimage():
    root = fit()
    for name, path in (('kernel', 'kernel-1'), ('dtb', 'fdt-1')):
        with open(name, 'wb') as file:
            file.write(root.sub('images/' + path).get('data'))
    with open('made.its', 'w') as file:
        file.write(SOURCE)
    subprocess.run(['mkimage', '-f', 'made.its', 'made.itb'], check=True,
                   stdout=subprocess.DEVNULL)
    with open('made.itb', 'rb') as file:
        return file.read()


def base_tree():
    subprocess.run(['qemu-system-aarch64', '-machine',
                    'virt,dumpdtb=virt.dtb', '-cpu', 'cortex-a57', '-m', '1G',
                    '-display', 'none'], check=True,
                   stderr=subprocess.DEVNULL)
    with open('virt.dtb', 'rb') as file:
        return file.read()


def make(sign, name, data, key):
    """The image, signed by keyfit; None: it was not."""
    with open('fit.itb', 'wb') as file:
        file.write(data)
    with open('fit.pem', 'w') as file:
        file.write(key.pem())
    if not sign('fit.itb', '--format', 'fit', '--key', 'fit.pem', '--output',
                'fit.signed'):
        return None
    with open('fit.signed', 'rb') as file:
        return file.read()


def run(sign, report):
    if not os.path.exists(BIOS) or not shutil.which('mkimage') or \
       not shutil.which('qemu-system-aarch64'):
        report(True, 'U-Boot # SKIP no u-boot-qemu, qemu or mkimage')
        return
    base = base_tree()
    nodes = {'dev': dev.node(), 'prod': prod.node(), 'big': big.node(),
             'mid': mid.node(), 'dev384': dev.node(algo='sha384,rsa2048')}
    trees = [control(base, node) for node in nodes.values()]
    # Name, image, device, configuration, whether it is taken.
    cases, bad = [], []
    made = list(images())
    mkimage = by_mkimage()
    made.append(('mkimage', mkimage, dev, 'dev'))
    for name, data, key, device in made:
        good = make(sign, name, data, key)
        if not good:
            bad.append(name + ' was not signed')
            continue
        confs = ('conf-1', 'conf-2') if name in ('two configurations',
                                                 'mkimage') else ('conf-1',)
        for one in confs:
            cases.append((name, good, device, one, True))
            cases.append((name, good, 'prod', one, False))
        again = make(sign, name, good, key)
        if again != good:
            bad.append(name + ': signed again it is another file')
    other = make(sign, 'other', Tree(fit()).bytes, prod)
    cases.append(('by another key', other, 'dev', 'conf-1', False))
    cases.append(('by another key', other, 'prod', 'conf-1', True))
    changed = make(sign, 'changed', mkimage, dev)
    at = changed.index(b'made by mkimage')
    cases.append(('changed', changed[:at] + b'M' + changed[at + 1:], 'dev',
                  'conf-1', False))
    blob, places = b'', []
    for case in cases:
        places.append(len(blob))
        blob += case[1] + bytes(-len(case[1]) % SLOT) + bytes(SLOT)
    board = Board(BIOS, '.', base, blob, trees)
    names = list(nodes)
    for place, (name, _, device, one, right) in zip(places, cases):
        answer, said = board.judge(place, names.index(device), one)
        if (answer[0] == 'accept') != right:
            bad.append('%s, %s, %s: U-Boot %s %s' % (name, device, one,
                                                     answer, said[-300:]))
    version = board.version
    board.stop()
    report(not bad, '%s: %d images taken, %d refused under another key or '
           'changed' % (version, sum(c[4] for c in cases),
                        sum(not c[4] for c in cases)), bad)
