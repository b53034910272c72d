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
    put('public.der', PUBLIC_KEY)
    encrypted(put)
    put('build/mcuboot/zephyr/.config', CONFIG.encode())
    put('build/mcuboot/zephyr/zephyr.dts', TREE.encode())
    put('build/mcuboot/development.der', key('ec-a').spki)


if __name__ == '__main__':
    main(sys.argv[1])
