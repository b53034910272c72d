#!/usr/bin/env python3
# Files for stories about MCUboot: images, bootloaders with keys in them, a build
# folder of Zephyr. Usage: tests/real/mcuboot_files.py FOLDER
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcuboot_crypt import ctr, key, stream  # noqa: E402
import mcuboot_image as mi  # noqa: E402
from mcuboot_seal import Device  # noqa: E402

CONFIG = '''CONFIG_MCUBOOT=y
CONFIG_BOOT_SIGNATURE_TYPE_ECDSA_P256=y
CONFIG_BOOT_SIGNATURE_KEY_FILE="development.der"
CONFIG_BOOT_USE_TINYCRYPT=y
CONFIG_BOOT_VALIDATE_SLOT0=y
CONFIG_BOOT_SWAP_USING_MOVE=y
CONFIG_BOOT_MAX_IMG_SECTORS_AUTO=y
CONFIG_UPDATEABLE_IMAGE_NUMBER=1
'''
TREE = '''flash0: flash@0 {
	erase-block-size = < 0x1000 >;
	write-block-size = < 0x4 >;
	slot0_partition: partition@c000 {
		label = "image-0";
		reg = < 0xc000 0x76000 >;
	};
};
'''
# The public half of MCUboot's root-ec-p256.pem.
PUBLIC_KEY = bytes.fromhex(
    '3059301306072a8648ce3d020106082a8648ce3d030107034200042acb403ce8feed'
    '5ba44995a1a91daee8dbbe1937cd14fb2f245737e5953988d994b9d65aebd7cdd530'
    '8ad6fe48b24a6a810ee5f07d8b6834cc3a6afc538efac1')
# SHA-256 of RSAPublicKey of MCUboot's root-rsa-2048.pem.
PUBLIC = 'fc5701dc6135e1323847bdc40f04d2e5bee5833b23c29f93593d00018cfa9994'


# What west writes with sysbuild: sysbuild's own configuration at the top, and a
# folder an image. Source: zephyrproject-rtos/zephyr share/sysbuild/cmake/modules/
# sysbuild_extensions.cmake, share/sysbuild/cmake/domains.cmake,
# share/sysbuild/images/bootloader/CMakeLists.txt, cmake/mcuboot.cmake.
SYSBUILD = '''SB_CONFIG_BOARD="reel_board"
SB_CONFIG_BOOTLOADER_MCUBOOT=y
SB_CONFIG_MCUBOOT_MODE_SWAP_USING_MOVE=y
SB_CONFIG_BOOT_SIGNATURE_TYPE_ECDSA_P256=y
'''
APPLICATION = '''CONFIG_BOARD="reel_board"
CONFIG_BOOTLOADER_MCUBOOT=y
CONFIG_MCUBOOT_SIGNATURE_KEY_FILE="/nowhere/keys/development.pem"
CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_MOVE=y
'''
WEST_TREE = '''/ {
	soc {
		qspi: qspi@29000 {
			mx25: mx25@0 {
				erase-block-size = < 0x10000 >;
			};
		};
		flash-controller@4001e000 {
			flash0: flash@0 {
				compatible = "soc-nv-flash";
				erase-block-size = < 0x1000 >;
				write-block-size = < 0x4 >;
				partitions {
					boot_partition: partition@0 {
						label = "mcuboot";
						reg = < 0x0 0xc000 >;
					};
					slot0_partition: partition@c000 {
						label = "image-0";
						reg = < 0xc000 0x76000 >;
					};
					slot1_partition: partition@82000 {
						label = "image-1";
						reg = < 0x82000 0x76000 >;
					};
				};
			};
		};
	};
};
'''


def west(put):
    """A build folder with sysbuild, and one of the application alone."""
    image = mi.Image('ec256', size=2000)
    config = CONFIG.replace('development.der', '/nowhere/development.pem')
    put('west/domains.yaml', b'default: app\nbuild_dir: /nowhere/build\n'
        b'domains:\n  - name: app\n    build_dir: /nowhere/build/app\n'
        b'  - name: mcuboot\n    build_dir: /nowhere/build/mcuboot\n')
    put('west/CMakeCache.txt', b'CMAKE_PROJECT_NAME:STATIC=sysbuild\n')
    put('west/zephyr/.config', SYSBUILD.encode())
    put('west/app/zephyr/.config', APPLICATION.encode())
    put('west/app/zephyr/zephyr.dts', WEST_TREE.encode())
    put('west/app/zephyr/zephyr.bin', image.payload)
    put('west/app/zephyr/zephyr.signed.bin', image.bytes())
    put('west/mcuboot/CMakeCache.txt',
        b'//Application Source Directory\n'
        b'APPLICATION_SOURCE_DIR:PATH=/nowhere/mcuboot/boot/zephyr\n'
        b'APPLICATION_CONFIG_DIR:INTERNAL=/nowhere/app/sysbuild/mcuboot\n')
    put('west/mcuboot/zephyr/.config', config.encode())
    put('west/mcuboot/zephyr/zephyr.dts', WEST_TREE.encode())
    put('west/mcuboot/zephyr/zephyr.bin', stream(b'code', 5000) +
        key('ec-a').own + stream(b'more', 300))
    image = mi.Image('ec256', size=2000)
    image.plain = [image.digest_entry()] + image.signed('ec-b')
    put('west/app/zephyr/other.signed.bin', image.bytes())
    put('alone/zephyr/.config', APPLICATION.encode())
    put('alone/zephyr/zephyr.dts', WEST_TREE.encode())
    put('alone/zephyr/zephyr.signed.bin', mi.Image('ec256',
                                                   size=2000).bytes())


def encrypted(put):
    """Encrypted images, and the keys that open them and do not."""
    mine, theirs = Device('ec256', 'ec-device'), Device('ec256', 'ec-else')
    for name, device, change in (('encrypted', mine, b''),
                                 ('encrypted-else', theirs, b''),
                                 ('encrypted-changed', mine, b'?')):
        image = mi.Image('ec256', size=2000)
        image.flags = 4
        secret = stream(b'payload key', 16)
        image.plain = [image.digest_entry()] + image.signed('ec-a') + [
            device.seal(secret)]
        image.payload = ctr(secret, image.payload)
        image.payload = image.payload[:len(image.payload) - len(change)] + \
            change
        put(name + '.bin', image.bytes())
    put('device.der', mine.file)
    put('device-public.der', mine.key.spki)
    put('device.b64', base64.b64encode(Device('kw128', 'device').own) + b'\n')


def main(folder):
    def put(name, data):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
    for name, who in (('production', 'ec-b'), ('development', 'ec-a')):
        image = mi.Image('ec256', size=2000)
        image.plain = [image.digest_entry()] + image.signed(who)
        put(name + '.bin', image.bytes())
        put(name + '.der', key(who).spki)
        put(f'bootloader-{name}.bin', stream(b'code', 5000) + key(who).own +
            stream(b'more', 300))
    image = mi.Image('rsa2048')
    image.plain = [image.digest_entry(), (mi.KEYHASH, bytes.fromhex(PUBLIC)),
                   (mi.RSA2048, stream(b'signature', 256))]
    put('public.bin', image.bytes())
    put('bootloader-public.bin', stream(b'code', 3000) + PUBLIC_KEY +
        stream(b'more', 99))
    put('bootloader-three.bin', stream(b'code', 1000) + key('ec-a').own +
        stream(b'more', 40) + key('ec-b').own + PUBLIC_KEY + stream(b'x', 9))
    put('three.json', b'''{"device": "three", "rules": "mcuboot",
"trust": {"key": "bootloader-three.bin"}, "set": {"signature": "ec256",
"options": "SWAP_USING_MOVE,BYPASS_KEY_MATCH,VALIDATE_PRIMARY_SLOT=0"}}
''')
    put('open.json', b'''{"device": "open", "rules": "mcuboot",
"trust": {"key": "none"}, "set": {"signature": "none",
"options": "OVERWRITE_ONLY,HW_ROLLBACK_PROT"}}
''')
    put('public.der', PUBLIC_KEY)
    encrypted(put)
    west(put)
    put('build/mcuboot/zephyr/.config', CONFIG.encode())
    put('build/mcuboot/zephyr/zephyr.dts', TREE.encode())
    put('build/mcuboot/development.der', key('ec-a').spki)


if __name__ == '__main__':
    main(sys.argv[1])
