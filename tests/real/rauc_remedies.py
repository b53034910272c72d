# Remedies that keyfit offers for RAUC bundles, carried out by other means than
# keyfit's, and asked of the real RAUC: each has to turn its verdict.
import copy
import re

import raucb
from rauc_world import CA, LEAF


class Remedies:
    def __init__(self, world):
        self.w = world
        self.num = 0
        self.names = {}
        for name in world.made:
            der = raucb.run('openssl', 'x509', '-in',
                            world.path(name + '.pem'), '-outform', 'DER')
            self.names[raucb.hashlib.sha256(der).hexdigest()] = name

    def apply(self, case, remedy):
        """The case as it is then; None: that cannot be made here."""
        make = getattr(self, remedy['kind'].replace('-', '_'), None)
        other = copy.copy(case)
        other.files = dict(case.files)
        return other if make and make(other, remedy) else None

    def tail(self, case):
        size = int.from_bytes(case.bundle[-8:], 'big')
        return case.bundle[:-8 - size], case.bundle[-8 - size:-8]

    def signed(self, case):
        """What a case's bundle was made of; None: it was changed later."""
        payload, cms = self.tail(case)
        return payload, self.w.signed.get(cms)

    def keep_signature(self, case, remedy):
        payload, cms = self.tail(case)

        def one(parts):
            infos = list(raucb.elements(raucb.element(parts[-1])[1]))
            return parts[:-1] + [raucb.der(
                0x31, infos[remedy['signature'] - 1][2])]
        case.bundle = raucb.bundle(payload, raucb.change_signed(cms, one))
        return True

    def use(self, case):
        """An extended key usage that check-purpose asks for."""
        return {'sslclient': 'clientAuth', 'sslserver': 'serverAuth',
                'nssslserver': 'serverAuth', 'timestampsign':
                'critical,timeStamping'}.get(
                    self.purpose(case), 'emailProtection,codeSigning')

    def purpose(self, case):
        found = re.search(r'^check-purpose=(.*)$', case.conf, re.M)
        return found.group(1) if found else ''

    def sign_anew(self, case, remedy):
        issuer = self.names.get(remedy['certificate']['sha256'])
        payload, made = self.signed(case)
        if not issuer or not made:
            return False
        content, _, how = made
        name = 'anew-%s-%s' % (issuer, self.use(case).replace(',', '-'))
        more = {'crlsign': ',cRLSign', 'smimeencrypt': ',keyEncipherment',
                'nssslserver': ',keyEncipherment'}.get(
                    self.purpose(case), '')
        name += more.replace(',', '-')
        self.w.cert(name, issuer, extensions=LEAF + [
            'extendedKeyUsage=' + self.use(case),
            'keyUsage=critical,digitalSignature' + more])
        case.bundle = raucb.bundle(payload, self.w.cms(
            content, name, detached=how.get('detached', False)))
        return True

    def bring_along(self, case, remedy):
        """The other root's key, certified by one that the device trusts; OpenSSL
        would prefer the root itself, if it stood beside that."""
        root = self.names.get(remedy['certificate']['sha256'])
        anchor = self.names.get(remedy['anchor']['sha256'])
        payload, made = self.signed(case)
        if not root or not anchor or not made:
            return False
        content, signer, how = made
        name = 'across-%s-%s' % (root, anchor)
        self.w.cert(name, anchor, subject='/CN=' + root, key=root,
                    extensions=CA)
        certs = tuple(c for c in how.get('certs', ()) if c != root)
        case.bundle = raucb.bundle(payload, self.w.cms(
            content, signer, certs=certs + (name,),
            detached=how.get('detached', False)))
        return True

    def enrol_certificate(self, case, remedy):
        name = self.names.get(remedy['certificate']['sha256'])
        path = re.search(r'^path=(.*)$', case.conf, re.M)
        if not name or not path or path.group(1) not in case.files:
            return False
        case.files[path.group(1)] += b'\n' + self.w.pem(name)
        return True

    def configure_verifier(self, case, remedy):
        key, value = remedy['setting'], remedy['value']
        case.conf = re.sub(r'(?m)^%s *=.*\n' % re.escape(key), '', case.conf)
        group = 'system' if key == 'bundle-formats' else 'keyring'
        if value is not None:
            case.conf = case.conf.replace('[%s]\n' % group, '[%s]\n%s=%s\n'
                                          % (group, key, value), 1)
        return True

    def set_clock(self, case, remedy):
        case.at = remedy['from']
        return True

    def build_otherwise(self, case, remedy):
        """Of plain bundles: those are what is installed here."""
        text = self.w.plain_texts.get(case.bundle)
        if not text:
            return False
        text, files = text
        key = remedy['setting']
        if re.search(r'(?m)^%s=' % key, text):
            text = re.sub(r'(?m)^%s=.*$' % key, '%s=%s' % (
                key, remedy['value']), text, count=1)
        else:
            text = text.replace('[update]\n', '[update]\n%s=%s\n' % (
                key, remedy['value']))
        case.bundle = self.w.plain(files=dict(files, **{
            'manifest.raucm': text}))
        return True
