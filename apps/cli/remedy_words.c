/* Words for remedies, and commands where a real tool does it.
 */
#include "words.h"

#include <inttypes.h>
#include <string.h>

/* published names the update that does it, and who takes that. */
static void published(struct kf_output *out, const struct kf_remedy *r)
{
	const struct kf_published *u = r->published;

	kf_output_print(out, ": Microsoft's published %s does that", u->file);
	if (r->taken == KF_YES)
		kf_output_print(out, ", and this device takes it: it is signed under \"%s\"",
				u->authority);
	else if (r->taken == KF_NO)
		kf_output_print(out, ", but this device does not take it: its kek has not \"%s\", so that whoever holds its platform key has to sign another one",
				u->authority);
	else
		kf_output_print(out, ", where KEK holds \"%s\"",
				u->authority);
}

static void enrol_certificate(struct kf_output *out,
			      const struct kf_remedy *r,
			      const struct kf_pair *pair)
{
	struct kf_digest sha256;

	kf_digest_of(&sha256, pair->env->crypto, KF_SHA256, r->certificate);
	kf_output_text(out, "enrol \"");
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_print(out, "\" (SHA-256 ");
	kf_output_hex(out, kf_view(sha256.bytes, sha256.len));
	kf_output_print(out, ") in the device's %s", r->part);
	if (r->published)
		published(out, r);
	if (r->kek_update)
		kf_output_print(out, ": Microsoft's published %s does that, and this device's platform key has signed it",
				r->kek_update);
}

/* take_published: the update for this very platform key. */
static void take_published(struct kf_output *out, const struct kf_remedy *r,
			   const struct kf_pair *pair)
{
	kf_output_print(out, "take Microsoft's published %s in its place, which this device's platform key \"",
			r->kek_update);
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_text(out, "\" has signed");
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
	if (r->part) {
		kf_output_text(out, "have it signed by the platform key itself, \"");
		kf_words_certificate(out, r->certificate, pair->env);
		kf_output_text(out, "\", in place of who has signed it");
		return;
	}
	kf_output_text(out, pair->verdict->num_signatures
		       ? "have the file signed anew, without the signatures that it has, by "
		       : "have the file signed by ");
	kf_output_text(out, may_issue(r->certificate, pair->env)
		       ? "a key with a certificate under \""
		       : "the key of \"");
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_text(out, "\", which is in db");
}

static void set_clock(struct kf_output *out, const struct kf_remedy *r,
		      const struct kf_pair *pair)
{
	char now[24], from[24];

	kf_time_write(now, pair->env->now_s);
	kf_time_write(from, r->moment_s);
	kf_output_print(out, "set the device's clock, which says %s: it takes this from %s on",
			now, from);
}

static void bring_along(struct kf_output *out, const struct kf_remedy *r,
			const struct kf_pair *pair)
{
	kf_output_text(out, "have \"");
	kf_words_certificate(out, r->anchor, pair->env);
	kf_output_text(out, "\", which the device trusts, issue a certificate for the key of \"");
	kf_words_certificate(out, r->certificate, pair->env);
	kf_output_text(out, "\", and sign anew with that inside, in its place");
}

/* sign_image names the key as bootloaders do, by its hash. */
static void sign_image(struct kf_output *out, const struct kf_remedy *r,
		       const struct kf_pair *pair)
{
	const struct kf_sign_image *s = &r->sign;
	const struct kf_crypto *crypto = pair->env->crypto;
	size_t used = pair->env->arena->used;
	struct kf_digest id = { .len = 0 };
	struct kf_key key;

	if (crypto->key_read(crypto->self, &key, s->key, pair->env->arena) ==
	    KF_OK)
		kf_digest_of(&id, crypto, KF_SHA256,
			     key.own.len ? key.own : key.spki);
	pair->env->arena->used = used;
	kf_output_print(out, "sign it anew, with the key that is number %" PRIu32 " of the device's (SHA-256 ",
			s->entry);
	kf_output_hex(out, kf_view(id.bytes, id.len));
	kf_output_text(out, ")");
	if (s->raised && s->version)
		kf_output_print(out, ", as version %s", s->version);
	if (s->counter)
		kf_output_print(out, ", with the security counter %s",
				s->counter);
}

static void leave_out(struct kf_output *out, const struct kf_remedy *r)
{
	kf_output_print(out, "take %" PRIu64 " bytes at byte %" PRIu64 " out, %s, and make its area as much smaller: no signature covers them",
			r->len, r->at, r->entry);
}

static void change_device(struct kf_output *out, const struct kf_remedy *r)
{
	if (strcmp(r->setting, "slot-size") == 0)
		kf_output_print(out, "slots of %s bytes, which take another bootloader, or make the image smaller",
				r->value);
	else
		kf_output_print(out, "bring the other image to version %s, in the same update or before it",
				r->value);
}

/* about_image words the remedies for images of MCUboot. */
static void about_image(struct kf_output *out, const struct kf_remedy *r,
			const struct kf_pair *pair)
{
	if (r->kind == KF_SIGN_IMAGE)
		sign_image(out, r, pair);
	else if (r->kind == KF_LEAVE_OUT)
		leave_out(out, r);
	else
		change_device(out, r);
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
	case KF_TAKE_PUBLISHED:
		take_published(out, r, pair);
		break;
	case KF_ASK_OTHERWISE:
		kf_output_text(out, "start another configuration of the same image: bootm ADDRESS#");
		kf_output_shown(out, kf_text(r->value));
		break;
	case KF_SIGN_CONFIGURATION:
		kf_output_text(out, "hash the images anew, and sign the configuration, with all that it names, with the key ");
		kf_output_shown(out, kf_text(r->key));
		break;
	case KF_SIGN_ANEW:
		kf_output_text(out, "have it signed anew, by one key alone, with a certificate under \"");
		kf_words_certificate(out, r->certificate, pair->env);
		kf_output_text(out, "\", which the device trusts");
		break;
	case KF_CONFIGURE:
		kf_output_text(out, r->value ? "set " : "take ");
		kf_output_shown(out, kf_text(r->setting));
		kf_output_print(out, r->value ? "=%s in the device's %s"
				: " out of the device's %s",
				r->value ? r->value : r->part, r->part);
		break;
	case KF_SET_CLOCK:
		set_clock(out, r, pair);
		break;
	case KF_BUILD_OTHERWISE:
		kf_output_print(out, "build it with %s=", r->setting);
		kf_output_shown(out, kf_text(r->value));
		kf_output_text(out, " in its manifest");
		break;
	case KF_BRING_ALONG:
		bring_along(out, r, pair);
		break;
	case KF_SIGN_IMAGE:
	case KF_LEAVE_OUT:
	case KF_CHANGE_DEVICE:
		about_image(out, r, pair);
		break;
	case KF_NUM_REMEDY_KINDS:
		break;
	}
}

void kf_words_harm(struct kf_output *out, const struct kf_harm *harm)
{
	kf_output_text(out, harm->answer == KF_REJECT
		       ? "then refused on " : "then not decided on ");
	kf_output_shown(out, kf_text(harm->device));
	kf_output_print(out, " (%s), which takes the file as it is",
			harm->rules->name);
	if (harm->reason)
		kf_output_print(out, ": %s%s%s", harm->reason->slug,
				harm->rule ? ", " : "",
				harm->rule ? harm->rule : "");
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

/* sign_command is imgtool's: it signs what the build made, not what is signed
 * already. Source: mcu-tools/mcuboot scripts/imgtool/main.py. */
static void sign_command(struct kf_output *out, const struct kf_remedy *r)
{
	const struct kf_sign_image *s = &r->sign;

	kf_output_print(out, "imgtool sign --key KEY.pem --version %s --header-size %u --slot-size %s",
			s->version ? s->version : "VERSION", s->header_len,
			s->slot_size ? s->slot_size : "SIZE");
	if (s->counter)
		kf_output_print(out, " --security-counter %s", s->counter);
	kf_output_print(out, " --public-key-format %s --sha %s%s UNSIGNED.bin SIGNED.bin",
			s->form, s->digest, s->pure ? " --pure" : "");
}

void kf_words_command(struct kf_output *out, const struct kf_remedy *r,
		      const struct kf_pair *pair)
{
	if (!is_plain(pair->path))
		return;
	if (r->kind == KF_KEEP_SIGNATURE || r->kind == KF_REPAIR_TABLE)
		keep_command(out, r, pair);
	if (r->kind == KF_SIGN_IMAGE)
		sign_command(out, r);
	if (r->kind == KF_SIGN_CONFIGURATION && r->whole)
		kf_output_print(out, "mkimage -F -G KEY.pem %s", pair->path);
	if (r->kind == KF_SIGN_UNDER && !r->part &&
	    pair->verdict->num_signatures == 0)
		kf_output_print(out, "sbsign --key KEY.pem --cert CERTIFICATE.pem --output signed.efi %s",
				pair->path);
}
