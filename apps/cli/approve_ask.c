/* The policy, the people, the keys and the files that a command line names.
 */
#include "approve.h"
#include "say.h"

#include "host/reading.h"
#include "host/replace.h"
#include "host/sshsig.h"
#include "jobs/sign/sign.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WEEK_S = 7 * 24 * 3600 };

int kf_approve_start(struct kf_approve *a,
		     const struct kf_arguments *arguments)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	a->arguments = arguments;
	a->as_json = kf_argument(arguments, "json");
	a->crypto = kf_openssl_open(&why);
	if (!a->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&a->work, KF_ARENA_LEN, a->crypto, kf_now_s(),
			      &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

int kf_approve_finish(struct kf_approve *a, int status)
{
	int put = kf_put_answer(&a->out);

	kf_work_close(&a->work);
	kf_openssl_close(a->crypto);
	return put == KF_EXIT_FITS ? status : put;
}

int kf_approve_option(const char **out, struct kf_approve *a,
		      const char *name, const char *what)
{
	char hint[80] = "--";

	*out = kf_argument(a->arguments, name);
	if (*out && **out)
		return KF_EXIT_FITS;
	strncat(hint, name, sizeof(hint) - 3);
	kf_say(NULL, what, hint);
	return KF_EXIT_USAGE;
}

int kf_approve_read(struct kf_bytes *out, struct kf_approve *a,
		    const char *path)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_sealed_file(out, path, &a->work.env, &why);

	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

int kf_approve_policy(struct kf_approve *a)
{
	struct kf_fault why = { 0 };
	struct kf_bytes text;
	enum kf_status done;
	const char *path;
	int status = kf_approve_option(&path, a, "policy", "which policy?");

	if (status == KF_EXIT_FITS)
		status = kf_approve_read(&text, a, path);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_dossier_policy(&a->dossier, text, &a->work.env, &why);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(path, done, &why);
}

int kf_approve_person(size_t *out, struct kf_approve *a,
		      const struct kf_policy *policy)
{
	const char *name;
	int status = kf_approve_option(&name, a, "as", "who are you?");

	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < policy->num_people; i++)
		if (strcmp(policy->person[i].name, name) == 0) {
			*out = i;
			return KF_EXIT_FITS;
		}
	kf_say(name, "is nobody of the policy", NULL);
	return KF_EXIT_USAGE;
}

int kf_approve_key(struct kf_signing_key *out, struct kf_approve *a,
		   const char *option, const struct kf_person *person)
{
	struct kf_signing_ask ask = {
		.pin_source = kf_argument(a->arguments, "pin-source"),
	};
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = kf_approve_option(&ask.name, a, option,
				       "which key signs?");

	if (status != KF_EXIT_FITS)
		return status;
	done = kf_signing_key_open_as(out, &ask, a->crypto, &a->work, &why);
	if (done != KF_OK)
		return kf_say_failure("the key", done, &why);
	if (out->warning.what[0])
		kf_say("the key", out->warning.what, out->warning.hint);
	for (size_t i = 0; person && i < person->num_keys; i++)
		if (kf_equal(person->key[i].spki, out->key.spki))
			return KF_EXIT_FITS;
	if (!person)
		return KF_EXIT_FITS;
	kf_say(person->name, "has no such key in the policy", NULL);
	return KF_EXIT_USAGE;
}

int kf_approve_expires(int64_t *out, struct kf_approve *a)
{
	const char *text = kf_argument(a->arguments, "expires");

	*out = a->work.env.now_s + WEEK_S;
	if (!text)
		return KF_EXIT_FITS;
	if (kf_time_read(out, text) && *out > a->work.env.now_s &&
	    *out <= KF_TIME_LAST_S)
		return KF_EXIT_FITS;
	kf_say(text, "is no time to come", "write 2028-05-15, 2028-05-15T12:00:00Z or @1842004800");
	return KF_EXIT_USAGE;
}

int kf_approve_number(uint64_t *out, struct kf_approve *a, const char *name,
		      uint64_t max)
{
	const char *text = kf_argument(a->arguments, name);
	char *end = NULL;

	*out = 0;
	if (!text)
		return KF_EXIT_FITS;
	*out = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && *out <= max &&
	    strlen(text) < 20)
		return KF_EXIT_FITS;
	kf_say(text, "is no number that can stand here", NULL);
	return KF_EXIT_USAGE;
}

int kf_approve_write(struct kf_approve *a, const char *path,
		     struct kf_bytes bytes)
{
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_fault why = { 0 };
	enum kf_status status;

	status = strcmp(path, "-") == 0
		? kf_pour(STDOUT_FILENO, &source, &a->work.env, &why)
		: kf_replace(path, &source, NULL, &a->work.env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

enum kf_status kf_approve_payload(struct kf_of_artifact *out,
				  const struct kf_source *source,
				  const char *format,
				  const struct kf_crypto *crypto,
				  struct kf_fault *why)
{
	struct kf_payload payload;
	struct kf_work work;
	enum kf_status status = kf_work_open(&work, KF_ARENA_LEN, crypto, 0,
					     why);

	if (status != KF_OK)
		return status;
	kf_work_more(&work, source->size);
	status = format ? kf_payload_to_sign(&payload, source, format,
					     &work.env)
			: kf_payload_read(&payload, source, &work.env);
	if (status == KF_OK)
		*out = (struct kf_of_artifact){ payload.kind, payload.sha256 };
	kf_work_close(&work);
	return status;
}

int kf_approve_artifact(struct kf_approve_file *out, struct kf_approve *a,
			const char *path, bool payload, const char *format)
{
	struct kf_file file = { .fd = -1 };
	struct kf_digest digest = { .len = 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_file_open(&file, path, &why);

	if (status == KF_OK)
		status = kf_file_digest(&digest, &file.source, &a->work.env);
	if (status == KF_OK && payload)
		status = kf_approve_payload(&out->payload, &file.source,
					    format, a->crypto, &why);
	if (status == KF_OK && !kf_file_same(&file)) {
		kf_fault_say(&why, NULL, "changed while it was read");
		status = KF_CANNOT_READ;
	}
	if (status == KF_OK && digest.len != sizeof(out->sha256.bytes))
		status = KF_NO_CRYPTO;
	if (status == KF_OK) {
		memcpy(out->sha256.bytes, digest.bytes, digest.len);
		out->len = file.source.size;
	}
	kf_file_close(&file);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

int kf_approve_given(const char **out, size_t *num,
		     const struct kf_arguments *arguments, const char *name,
		     size_t max)
{
	char what[80], hint[32];

	*num = 0;
	for (size_t i = 0; i < arguments->num_given; i++) {
		if (strcmp(arguments->given[i].option->name, name) != 0)
			continue;
		if (*num == max) {
			snprintf(what, sizeof(what), "is one %s too many",
				 name);
			snprintf(hint, sizeof(hint), "%zu at most", max);
			kf_say(arguments->given[i].value, what, hint);
			return KF_EXIT_USAGE;
		}
		out[(*num)++] = arguments->given[i].value;
	}
	return KF_EXIT_FITS;
}

int kf_approve_rebuilds(struct kf_approve *a, const char *const *paths,
			size_t num)
{
	struct kf_fault why = { 0 };
	struct kf_bytes text;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < num && status == KF_EXIT_FITS; i++) {
		enum kf_status done;

		status = kf_approve_read(&text, a, paths[i]);
		if (status != KF_EXIT_FITS)
			return status;
		done = kf_dossier_rebuild(&a->dossier, text, &a->work.env,
					  &why);
		if (done != KF_OK)
			return kf_say_failure(paths[i], done, &why);
	}
	return status;
}

int kf_approve_seal(struct kf_approve *a, const struct kf_sealed *s)
{
	struct kf_bytes text = kf_dsse_write(&s->dsse, &a->work.arena);
	uint8_t *lines = kf_arena_take(&a->work.arena, text.len + 1);
	const char *path;
	int status = kf_approve_option(&path, a, "output",
				       "where is it to be written?");

	if (status != KF_EXIT_FITS)
		return status;
	if (!text.len || !lines || text.len >= KF_SEALED_MAX) {
		kf_say(path, text.len && lines
		       ? "would be larger than an envelope may be"
		       : "cannot be written: out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	memcpy(lines, text.data, text.len);
	lines[text.len] = '\n';
	return kf_approve_write(a, path, kf_view(lines, text.len + 1));
}

int kf_approve_refused(const char *subject, enum kf_ruling ruling)
{
	kf_say(subject, kf_ruling_words(ruling), NULL);
	return KF_EXIT_NOT;
}

int kf_approve_sign(struct kf_sealed *sealed, struct kf_approve *a,
		    const char *option, const struct kf_person *person)
{
	struct kf_signing_key key = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = kf_approve_key(&key, a, option, person);

	if (status == KF_EXIT_FITS) {
		done = kf_sealed_sign(sealed, &key, &a->work.env, &why);
		if (done != KF_OK)
			status = kf_say_failure("the key", done, &why);
	}
	kf_signing_key_close(&key);
	return status;
}

/* take_ssh takes a signature of OpenSSH's, which has to be the person's. */
static int take_ssh(struct kf_sealed *sealed, struct kf_approve *a,
		    const struct kf_person *person, const char *path)
{
	struct kf_fault why = { 0 };
	struct kf_bytes file, blob;
	struct kf_sealed one;
	enum kf_status done;
	bool yes = false;
	int status = kf_approve_read(&file, a, path);

	if (status != KF_EXIT_FITS)
		return status;
	done = kf_ssh_unpack(&blob, file, &a->work.env);
	if (done == KF_WRONG_USE)
		kf_fault_say(&why, "ssh-keygen -Y sign -n keyfit-approval -f KEY FILE makes one",
			     "is no signature of OpenSSH's");
	if (done == KF_OK)
		done = kf_sealed_add(sealed, blob, &a->work.env, &why);
	/* By itself: they may have signed it before. */
	one = *sealed;
	one.dsse.signature[0] = one.dsse.signature[one.dsse.num ?
						   one.dsse.num - 1 : 0];
	one.dsse.num = one.dsse.num ? 1 : 0;
	for (size_t i = 0; i < person->num_keys && done == KF_OK && !yes; i++)
		done = kf_sealed_ask(&yes, &one, &person->key[i],
				     &a->work.env);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	if (yes)
		return KF_EXIT_FITS;
	kf_say(path, "is no signature of one of their keys over this", "the namespace has to be keyfit-approval");
	return KF_EXIT_NOT;
}

int kf_approve_signature(struct kf_sealed *sealed, bool *done,
			 struct kf_approve *a, const struct kf_person *person)
{
	const char *to_sign = kf_argument(a->arguments, "to-sign");
	const char *ssh = kf_argument(a->arguments, "ssh-signature");
	struct kf_bytes bytes;

	*done = to_sign;
	if (ssh)
		return take_ssh(sealed, a, person, ssh);
	if (!to_sign)
		return kf_approve_sign(sealed, a, "key", person);
	bytes = kf_dsse_signed(sealed->dsse.type, sealed->dsse.payload,
			       &a->work.arena);
	return kf_approve_write(a, to_sign, bytes);
}
