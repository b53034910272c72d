/* Tells what was signed: file, key, scheme, and whom it fits.
 */
#include "sign.h"

#include "say.h"
#include "words.h"

#include "host/http.h"

#include <stdio.h>

static const char *const digest_words[KF_NUM_DIGESTS] = {
	[KF_SHA1] = "sha1", [KF_SHA256] = "sha256", [KF_SHA384] = "sha384",
	[KF_SHA512] = "sha512",
};

static const char *const places[] = {
	[KF_PLACE_FILE] = "file", [KF_PLACE_PKCS11] = "pkcs11",
	[KF_PLACE_TPM] = "tpm",
};

static void scheme_name(char *out, size_t size, const struct kf_scheme *s)
{
	static const char *const kinds[] = {
		[KF_SCHEME_RSA_PKCS1] = "rsa-pkcs1",
		[KF_SCHEME_RSA_PSS] = "rsa-pss",
		[KF_SCHEME_ECDSA] = "ecdsa",
		[KF_SCHEME_ED25519] = "ed25519",
	};

	if (s->kind == KF_SCHEME_ED25519)
		snprintf(out, size, "%s", kinds[s->kind]);
	else
		snprintf(out, size, "%s-%s", kinds[s->kind],
			 digest_words[s->digest]);
}

static const char *comes_out(const struct kf_signing_key *key)
{
	if (key->place == KF_PLACE_FILE)
		return "the key is in a file: whoever reads it can copy it";
	if (key->extractable == KF_NO && key->was_extractable == KF_NO)
		return "the key never left its token, which says so";
	return "the key can leave its token, or could once";
}

static void hex_line(struct kf_output *out, const char *label,
		     const char *before, struct kf_bytes bytes)
{
	kf_output_print(out, "  %-11s %s", label, before);
	kf_output_hex(out, bytes);
	kf_output_text(out, "\n");
}

/* when says what an answer was about, if that was not the signed file. */
static const char *when(const struct kf_sign_fit *f)
{
	bool accepted = f->answer == KF_ACCEPT;

	if (f->stage == KF_SIGN_SIGNER)
		return accepted ? ", as far as the certificate tells"
				: ", before the key was touched";
	return f->stage == KF_SIGN_SUPPOSED && !accepted
		? ", before the key signed" : "";
}

static void tell_fit(struct kf_output *out, const struct kf_sign_fit *f)
{
	kf_output_print(out, "  %-11s ", f->answer == KF_ACCEPT ? "fits" :
			f->answer == KF_REJECT ? "refused by" : "not known");
	kf_output_shown(out, kf_text(f->device));
	kf_output_print(out, " (%s)", f->rules);
	if (f->path[0]) {
		kf_output_text(out, ", ");
		kf_output_shown(out, kf_text(f->path));
	}
	kf_output_text(out, when(f));
	if (f->answer != KF_ACCEPT) {
		kf_output_text(out, ": ");
		kf_output_shown(out, kf_text(f->why));
	}
	kf_output_text(out, "\n");
}

static void tell_key(struct kf_sign_run *s)
{
	struct kf_output *out = &s->out;
	char scheme[32];

	scheme_name(scheme, sizeof(scheme), &s->making.scheme);
	kf_output_print(out, "  %-11s %s, ", "key", s->key.key.name);
	kf_output_shown(out, kf_text(s->key.name));
	kf_output_text(out, "\n");
	hex_line(out, "", "SHA-256 ", kf_view(s->key.key.sha256.bytes,
					      s->key.key.sha256.len));
	kf_output_print(out, "  %-11s %s\n", "", comes_out(&s->key));
	kf_output_print(out, "  %-11s %s\n", "scheme", scheme);
}

static void tell_stamp(struct kf_sign_run *s)
{
	const struct kf_stamp *stamp = &s->making.stamp;
	char time[24];

	if (!stamp->token.len)
		return;
	kf_time_write(time, stamp->at_s);
	kf_output_print(&s->out, "  %-11s %s, by ", "time stamp", time);
	kf_output_shown(&s->out, kf_http_host(s->ask.stamp_url));
	kf_output_print(&s->out, "%s\n", s->ask.num_stamp_roots ? ""
			: ", at its word: no --timestamp-certificate was given");
}

static void tell_ruling(struct kf_sign_run *s)
{
	if (s->ruling && !s->is_ruled)
		kf_output_print(&s->out, "  %-11s %s (%s)\n", "refused by",
				s->ruling_words, s->ruling);
	if (s->ask.dry && kf_sign_is_ruled(s))
		kf_output_print(&s->out, "  %-11s not asked: a dry run decides nothing\n",
				"policy");
	if (s->is_ruled)
		kf_output_print(&s->out, "  %-11s %llu of the audit log\n",
				"record", (unsigned long long)s->record);
}

static void tell_fits(struct kf_sign_run *s)
{
	struct kf_output *out = &s->out;

	/* What was supposed is told again of the signed file. */
	for (size_t i = 0; i < s->num_fits; i++)
		if (s->fit[i].stage != KF_SIGN_SUPPOSED || !s->sha256.len)
			tell_fit(out, &s->fit[i]);
	if (s->fleet_classes)
		kf_output_print(out, "  %-11s %llu class%s of devices in fleets, %llu device%s\n", "fits",
				(unsigned long long)s->fleet_classes,
				s->fleet_classes == 1 ? "" : "es",
				(unsigned long long)s->fleet_devices,
				s->fleet_devices == 1 ? "" : "s");
}

static void tell_text(struct kf_sign_run *s, int status)
{
	struct kf_output *out = &s->out;
	const struct kf_making *m = &s->making;
	bool fits = status == KF_EXIT_FITS;
	bool dropped = !fits && m->has_signed;
	char kind[32];

	kf_output_text(out, dropped ? "NOT WRITTEN  " :
		       !fits ? "NOT SIGNED  " :
		       s->ask.dry ? "WOULD SIGN  " : "SIGNED  ");
	kf_output_shown(out, kf_text(fits && s->output ? s->output : s->path));
	kf_output_print(out, "\n  %-11s %s\n", "format", s->maker->name);
	if (s->key.calls)
		tell_key(s);
	if (dropped)
		kf_output_print(out, "  %-11s %s\n", "", "the key has signed, and what it signed was dropped");
	snprintf(kind, sizeof(kind), "%s ", kf_digest_name(m->scheme.digest));
	if (m->covered.len)
		hex_line(out, "covers", kind, kf_view(m->covered.bytes,
						      m->covered.len));
	tell_stamp(s);
	tell_fits(s);
	tell_ruling(s);
	if (s->sha256.len)
		hex_line(out, "sha256", "", kf_view(s->sha256.bytes,
						    s->sha256.len));
}

static void json_key(struct kf_json *j, const struct kf_sign_run *s)
{
	char scheme[32];

	if (!s->key.calls) {
		kf_json_text(j, "key", NULL);
		return;
	}
	scheme_name(scheme, sizeof(scheme), &s->making.scheme);
	kf_json_open(j, "key", '{');
	kf_json_foreign(j, "name", kf_text(s->key.name));
	kf_json_text(j, "key", s->key.key.name);
	kf_json_hex(j, "spki-sha256", kf_view(s->key.key.sha256.bytes,
					      s->key.key.sha256.len));
	kf_json_text(j, "place", places[s->key.place]);
	kf_json_yes_no(j, "never-extractable",
		       s->key.extractable == KF_NO &&
		       s->key.was_extractable == KF_NO);
	kf_json_text(j, "scheme", scheme);
	kf_json_close(j);
}

static void json_certificates(struct kf_json *j, const struct kf_sign_run *s)
{
	kf_json_open(j, "certificates", '[');
	for (size_t i = 0; i < s->making.num_certificates; i++) {
		struct kf_digest digest;

		kf_digest_of(&digest, s->crypto, KF_SHA256,
			     s->making.certificate[i]);
		kf_json_hex(j, NULL, kf_view(digest.bytes, digest.len));
	}
	kf_json_close(j);
}

static void json_stamp(struct kf_json *j, const struct kf_sign_run *s)
{
	const struct kf_stamp *stamp = &s->making.stamp;
	struct kf_digest digest;

	if (!stamp->token.len)
		return;
	kf_digest_of(&digest, s->crypto, KF_SHA256, stamp->certificate);
	kf_json_open(j, "timestamp", '{');
	kf_json_time(j, "time", stamp->at_s);
	kf_json_foreign(j, "server", kf_text(s->ask.stamp_url));
	kf_json_hex(j, "certificate-sha256",
		    kf_view(digest.bytes, digest.len));
	kf_json_yes_no(j, "chain-verified", s->ask.num_stamp_roots);
	kf_json_close(j);
}

static void json_fits(struct kf_json *j, const struct kf_sign_run *s)
{
	kf_json_open(j, "fits", '[');
	for (size_t i = 0; i < s->num_fits; i++) {
		const struct kf_sign_fit *f = &s->fit[i];

		kf_json_open(j, NULL, '{');
		kf_json_foreign(j, "device", kf_text(f->device));
		kf_json_text(j, "rules", f->rules);
		if (f->path[0])
			kf_json_foreign(j, "inside", kf_text(f->path));
		kf_json_yes_no(j, "before-signing", f->stage != KF_SIGN_MADE);
		kf_json_text(j, "verdict", kf_answer_name(f->answer));
		kf_json_text(j, "reason", f->reason[0] ? f->reason : NULL);
		kf_json_close(j);
	}
	kf_json_close(j);
}

static void tell_json(struct kf_sign_run *s, int status)
{
	struct kf_json j = { .out = &s->out };
	const struct kf_making *m = &s->making;

	kf_json_open(&j, NULL, '{');
	kf_json_foreign(&j, "artifact", kf_text(s->path));
	kf_json_text(&j, "format", s->maker->name);
	kf_json_yes_no(&j, "signed", status == KF_EXIT_FITS && !s->ask.dry);
	kf_json_yes_no(&j, "key-has-signed", m->has_signed);
	kf_json_yes_no(&j, "dry-run", s->ask.dry);
	if (s->output)
		kf_json_foreign(&j, "output", kf_text(s->output));
	json_key(&j, s);
	json_certificates(&j, s);
	kf_json_text(&j, "digest", m->covered.len
		     ? digest_words[m->scheme.digest] : NULL);
	kf_json_hex(&j, "covers", kf_view(m->covered.bytes, m->covered.len));
	kf_json_hex(&j, "sha256", kf_view(s->sha256.bytes, s->sha256.len));
	kf_json_number(&j, "size", s->size);
	json_stamp(&j, s);
	if (s->ruling)
		kf_json_text(&j, "ruling", s->ruling);
	if (s->is_ruled)
		kf_json_number(&j, "audit-record", s->record);
	if (s->num_fleets) {
		kf_json_number(&j, "fleet-classes", s->fleet_classes);
		kf_json_number(&j, "fleet-devices", s->fleet_devices);
	}
	json_fits(&j, s);
	kf_json_close(&j);
	kf_output_text(&s->out, "\n");
}

void kf_sign_tell(struct kf_sign_run *s, int status)
{
	if (s->as_json)
		tell_json(s, status);
	else
		tell_text(s, status);
}
