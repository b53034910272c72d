/* Words for remedies, and commands where a real tool does it.
 *
 * Which update adds a certificate of Microsoft's: as published on 2026-07-15.
 * Source: microsoft/secureboot_objects at 06fe58a31d2d, PostSignedObjects/
 * Optional/DB and their Readme.md; certificates by the SHA-256 of their DER.
 */
#include "words.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	uint8_t sha256[32];
	const char *file;
} updates[] = {
	/* Microsoft UEFI CA 2023 */
	{ { 0xf6, 0x12, 0x4e, 0x34, 0x12, 0x5b, 0xee, 0x3f, 0xe6, 0xd7, 0x9a,
	    0x57, 0x4e, 0xaa, 0x7b, 0x91, 0xc0, 0xe7, 0xbd, 0x9d, 0x92, 0x9c,
	    0x1a, 0x32, 0x11, 0x78, 0xef, 0xd6, 0x11, 0xda, 0xd9, 0x01 },
	  "DBUpdate3P2023.bin" },
	/* Windows UEFI CA 2023 */
	{ { 0x07, 0x6f, 0x1f, 0xea, 0x90, 0xac, 0x29, 0x15, 0x5e, 0xbf, 0x77,
	    0xc1, 0x76, 0x82, 0xf7, 0x5f, 0x1f, 0xdd, 0x1b, 0xe1, 0x96, 0xda,
	    0x30, 0x2d, 0xc8, 0x46, 0x1e, 0x35, 0x0a, 0x9a, 0xe3, 0x30 },
	  "DBUpdate2024.bin" },
	/* Microsoft Option ROM UEFI CA 2023 */
	{ { 0xe5, 0xbe, 0x3e, 0x64, 0xc6, 0xe6, 0x6a, 0x28, 0x14, 0x57, 0xec,
	    0xde, 0xce, 0x0d, 0x6d, 0x07, 0x87, 0x57, 0x7a, 0xad, 0x2a, 0x3a,
	    0x01, 0x44, 0x26, 0x2c, 0x10, 0xc1, 0x4b, 0xa8, 0xd8, 0xf1 },
	  "DBUpdateOROM2023.bin" },
};

static const char *update_for(const struct kf_digest *sha256)
{
	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++)
		if (sha256->len == 32 &&
		    memcmp(updates[i].sha256, sha256->bytes, 32) == 0)
			return updates[i].file;
	return NULL;
}

static void enrol_certificate(struct kf_output *out,
			      const struct kf_remedy *r,
			      const struct kf_pair *pair)
{
	const struct kf_crypto *crypto = pair->env->crypto;
	struct kf_digest sha256;
	const char *update;

	kf_digest_of(&sha256, crypto, KF_SHA256, r->certificate);
	update = update_for(&sha256);
	kf_output_text(out, "enrol \"");
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_print(out, "\" (SHA-256 ");
	kf_output_hex(out, kf_view(sha256.bytes, sha256.len));
	kf_output_print(out, ") in the device's %s", r->part);
	if (update)
		kf_output_print(out, ": Microsoft's published %s does that, where KEK holds \"Microsoft Corporation KEK CA 2011\"",
				update);
}

/* may_issue: under a certificate that is no authority there are none. */
static bool may_issue(struct kf_bytes der, const struct kf_env *env)
{
	size_t used = env->arena->used;
	struct kf_certificate c;
	bool yes = env->crypto->certificate_read(env->crypto->self, &c, der,
						 env->arena) == KF_OK &&
		   c.is_ca;

	env->arena->used = used;
	return yes;
}

static void sign_under(struct kf_output *out, const struct kf_remedy *r,
		       const struct kf_pair *pair)
{
	kf_output_text(out, pair->verdict->num_signatures
		       ? "have the file signed anew, without the signatures that it has, by "
		       : "have the file signed by ");
	kf_output_text(out, may_issue(r->certificate, pair->env)
		       ? "a key with a certificate under \""
		       : "the key of \"");
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_text(out, "\", which is in db");
}

void kf_words_remedy(struct kf_output *out, const struct kf_remedy *r,
		     const struct kf_pair *pair)
{
	switch (r->kind) {
	case KF_KEEP_SIGNATURE:
		kf_output_print(out, "ship the same file with signature %" PRIu32 " alone",
				r->signature);
		break;
	case KF_REPAIR_TABLE:
		kf_output_text(out, "write the certificate table again, with this signature alone in it");
		break;
	case KF_ENROL_CERTIFICATE:
		enrol_certificate(out, r, pair);
		break;
	case KF_ENROL_DIGEST:
		kf_output_text(out, "enrol the image's SHA-256 digest ");
		kf_output_hex(out, kf_view(r->digest.bytes, r->digest.len));
		kf_output_print(out, " in the device's %s", r->part);
		break;
	case KF_SIGN_UNDER:
		sign_under(out, r, pair);
		break;
	case KF_WRITE_OTHERWISE:
		kf_output_print(out, "write it with %s %s",
				r->setting, r->value);
		break;
	case KF_NUM_REMEDY_KINDS:
		break;
	}
}

/* is_plain tells whether a path needs no quoting in a shell, and is no
 * option. Others get no command: one that has to be repaired is none. */
static bool is_plain(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+@%:=-";

	return path && path[0] && path[0] != '-' &&
	       path[strspn(path, plain)] == '\0';
}

/* keep_command takes all other signatures off a copy. Of one alone the table is
 * written anew. */
static void keep_command(struct kf_output *out, const struct kf_remedy *r,
			 const struct kf_pair *pair)
{
	const char *name = strrchr(pair->path, '/');

	name = name ? name + 1 : pair->path;
	if (r->num_attached == 0)
		return;
	kf_output_text(out, "keyfit strip");
	for (uint32_t n = 1; n <= r->num_attached; n++)
		if (n != r->signature)
			kf_output_print(out, " --signature %" PRIu32, n);
	if (r->num_attached == 1)
		kf_output_text(out, " --order 1");
	kf_output_print(out, " %s --output signature-%" PRIu32 "-%s",
			pair->path, r->signature, name);
}

void kf_words_command(struct kf_output *out, const struct kf_remedy *r,
		      const struct kf_pair *pair)
{
	if (!is_plain(pair->path))
		return;
	if (r->kind == KF_KEEP_SIGNATURE || r->kind == KF_REPAIR_TABLE)
		keep_command(out, r, pair);
	if (r->kind == KF_SIGN_UNDER && pair->verdict->num_signatures == 0)
		kf_output_print(out, "sbsign --key KEY.pem --cert CERTIFICATE.pem --output signed.efi %s",
				pair->path);
}
