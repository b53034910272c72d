/* keyfit release make: reads the folder, asks who takes it, and signs the
 * manifest last, so that nothing is signed that is not to be released.
 */
#include "release.h"

#include "say.h"
#include "seal.h"

#include "host/replace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_ENTRY_MAX = 65535 };

void kf_release_note(void *run, enum kf_release_finding finding,
		     const char *path, const char *more)
{
	struct kf_releasing *q = run;
	struct kf_told_finding *f;
	size_t size = q->findings_size ? 2 * q->findings_size : 16;

	if (finding == KF_RELEASE_UNKNOWN)
		q->unknown = true;
	else
		q->refused = true;
	if (q->num_findings == q->findings_size) {
		void *grown = realloc(q->finding, size * sizeof(*f));

		if (!grown) {
			q->fault = true;
			return;
		}
		q->finding = grown;
		q->findings_size = size;
	}
	f = &q->finding[q->num_findings++];
	f->finding = finding;
	f->path = strdup(path);
	f->more = more ? strdup(more) : NULL;
	q->fault |= !f->path || (more && !f->more);
}

int kf_releasing_gather(struct kf_releasing *q)
{
	struct kf_fault why = { 0 };
	char *path = NULL;
	enum kf_status status = kf_release_gather(&q->release, &path,
						  q->folder, kf_release_note,
						  q, &q->work, &why);
	int said = status == KF_OK ? KF_EXIT_FITS
		: kf_say_failure(path ? path : q->folder, status, &why);

	free(path);
	return said;
}

/* open_text opens what the file of the manifest holds. */
static int open_text(struct kf_releasing *q, struct kf_bytes text,
		     const struct kf_key *key)
{
	struct kf_fault why = { 0 };
	struct kf_bytes statement = { 0 };
	const char *what;
	enum kf_status status;

	kf_work_more(&q->work, 8 * (uint64_t)text.len);
	status = kf_release_open(&statement, &what, text, key, &q->work.env);
	if (status == KF_OK && what) {
		kf_release_note(q, KF_RELEASE_NOT_SIGNED, KF_RELEASE_NAME,
				what);
		return KF_EXIT_FITS;
	}
	if (status == KF_OK)
		status = kf_manifest_read(&q->told, statement, &why);
	if (status == KF_WRONG_USE) {
		kf_release_note(q, KF_RELEASE_NOT_SIGNED, KF_RELEASE_NAME,
				why.what);
		return KF_EXIT_FITS;
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(q->manifest, status, &why);
}

int kf_releasing_open(struct kf_releasing *q, const struct kf_key *key)
{
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_text_file_read(&file, q->manifest,
						  KF_RELEASE_LEN_MAX, &why);
	int said;

	/* One that is longer was never written. */
	if (status == KF_TOO_MUCH) {
		kf_release_note(q, KF_RELEASE_NOT_SIGNED, KF_RELEASE_NAME,
				why.what);
		return KF_EXIT_FITS;
	}
	if (status != KF_OK)
		return kf_say_failure(q->manifest, status, &why);
	said = open_text(q, file.bytes, key);
	kf_text_file_close(&file);
	return said;
}

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

static bool is_text(const char *text)
{
	return text && text[0] && strlen(text) <= KF_RELEASE_TEXT_MAX;
}

/* read_ask reads what the release is called. */
static int read_ask(struct kf_releasing *q)
{
	const char *counter = kf_argument(q->arguments, "counter");
	struct kf_release *r = &q->release;
	char *end = NULL;

	r->product = kf_argument(q->arguments, "product");
	r->version = kf_argument(q->arguments, "version");
	r->made_s = q->at_s;
	r->has_counter = counter != NULL;
	if (!is_text(r->product) || !is_text(r->version))
		return usage(NULL, "which product and version is it?", "--product NAME --version TEXT, of 128 bytes at most");
	if (!kf_argument(q->arguments, "key"))
		return usage(NULL, "who signs the manifest?", "--key KEY: a file, a pkcs11: URI or a tpm: name");
	errno = 0;
	r->counter = counter ? strtoull(counter, &end, 10) : 0;
	if (counter && (counter[0] < '0' || counter[0] > '9' || *end ||
			errno || r->counter > INT64_MAX))
		return usage(counter, "is no security counter", "a number from 0");
	return KF_EXIT_FITS;
}

/* check_place: what has the manifest's name is replaced if it is one. */
static int check_place(struct kf_releasing *q)
{
	int status;

	if (!q->release.has_manifest)
		return KF_EXIT_FITS;
	status = kf_releasing_open(q, NULL);
	if (status != KF_EXIT_FITS || q->told.root)
		return status;
	return usage(q->manifest, "is there, and is no manifest of a release", "that name is the manifest's: call the file otherwise");
}

/* put signs the statement, and writes it under its name: whole, or not at
 * all. */
static int put(struct kf_releasing *q)
{
	struct kf_output text = { 0 };
	struct kf_fault why = { 0 };
	struct kf_source source;
	struct kf_bytes bytes;
	enum kf_status done = kf_release_write(&text, &q->release);
	int status = KF_EXIT_FITS;

	/* What nobody could read is not signed. */
	if (done == KF_OK)
		done = kf_manifest_read(&q->told, kf_view(text.data, text.len),
					&why);
	if (done == KF_OK)
		status = kf_seal(&text, kf_argument(q->arguments, "key"),
				 kf_argument(q->arguments, "pin-source"),
				 &q->work);
	bytes = kf_view(text.data, text.len);
	source = kf_bytes_source(&bytes);
	if (status == KF_EXIT_FITS && bytes.len > KF_RELEASE_LEN_MAX)
		status = usage(q->manifest, "would be too long", "make several releases of it");
	if (status == KF_EXIT_FITS && bytes.len > LOG_ENTRY_MAX)
		kf_say(q->manifest, "is too long for a log: 65535 bytes at most",
		       "make several releases of it");
	if (done == KF_OK && status == KF_EXIT_FITS) {
		kf_work_again(&q->work, bytes.len);
		done = kf_replace(q->manifest, &source, NULL, &q->work.env,
				  &why);
	}
	kf_output_close(&text);
	if (status != KF_EXIT_FITS)
		return status;
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(q->manifest, done, &why);
}

int kf_release_make(struct kf_releasing *q)
{
	int status = read_ask(q);

	if (status == KF_EXIT_FITS)
		status = kf_releasing_gather(q);
	if (status == KF_EXIT_FITS && q->release.num == 0)
		status = usage(q->folder, "holds no file", NULL);
	if (status == KF_EXIT_FITS && !q->refused)
		status = check_place(q);
	kf_manifest_close(&q->told);
	if (status == KF_EXIT_FITS && !q->refused)
		status = kf_release_fits(q);
	if (status == KF_EXIT_FITS && !q->refused && !q->unknown && !q->fault)
		status = put(q);
	return status == KF_EXIT_FITS ? kf_release_tell(q, "make", q->told.root
							 ? &q->told : NULL)
				      : status;
}
