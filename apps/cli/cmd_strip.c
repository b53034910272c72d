/* keyfit strip: surgery on the signatures of a PE file.
 *
 * Takes them off, puts detached ones on, puts them in order, takes one out; and
 * holds two files against each other. The image stays what it is: its digests
 * are computed before and after, and nothing is written unless they are equal.
 */
#include "say.h"
#include "strip_ask.h"
#include "strip_show.h"

#include "core/der.h"
#include "host/replace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SIGNATURE_FILE_MAX = 1 << 20,
	ALL_DIGESTS = (1 << KF_NUM_DIGESTS) - 1,
};

/* strip is what was asked, and what it takes to do it. */
struct strip {
	struct kf_strip_ask ask;
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_file file;
	struct kf_signatures signatures;
	struct kf_strip_digests digests;
	struct kf_text_file attached[KF_STRIP_ATTACH_MAX];
	struct kf_bytes blob[KF_STRIP_ATTACH_MAX];
	size_t num_attached;
	struct kf_patch patch;
	struct kf_output out;
	struct kf_json json;
};

static const char *const examples[] = {
	"keyfit strip --list shimx64.efi",
	"keyfit strip --signature 1 shimx64.efi --output signature-2-shimx64.efi",
	"keyfit strip --order 2,1 shimx64.efi --in-place",
	"keyfit strip --attach shimx64.p7 shimx64.efi --output signed-shimx64.efi",
	"keyfit strip --compare shimx64.efi signed-shimx64.efi",
	NULL,
};

/* read_image reads what is in a file, and says why it cannot be worked on. */
static int read_image(struct kf_signatures *out, const char *path,
		      const struct kf_source *source, struct kf_env *env)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_signatures_read(out, source, env);

	if (status == KF_OK && out->unfit) {
		kf_strip_unfit(&why, out);
		status = KF_CANNOT_READ;
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

static int prepare(struct strip *s)
{
	struct kf_fault why = { 0 };
	const char *subject = NULL;
	struct kf_image image;
	enum kf_status status = KF_NO_CRYPTO;
	int done;

	s->crypto = kf_openssl_open(&why);
	if (s->crypto)
		status = kf_work_open(&s->work, KF_ARENA_LEN, s->crypto,
				      kf_now_s(), &why);
	if (status == KF_OK) {
		subject = s->ask.path;
		status = kf_file_open(&s->file, s->ask.path, &why);
	}
	if (status != KF_OK)
		return kf_say_failure(subject, status, &why);
	kf_work_again(&s->work, s->file.source.size);
	done = read_image(&s->signatures, s->ask.path, &s->file.source,
			  &s->work.env);
	if (done != KF_EXIT_FITS)
		return done;
	image = kf_signatures_image(&s->signatures);
	status = kf_image_digest(s->digests.of, &image, ALL_DIGESTS,
				 &s->work.env);
	if (status != KF_OK)
		return kf_say_failure(s->ask.path, status, &why);
	if (s->ask.highest <= s->signatures.num || s->signatures.broken.field ||
	    s->signatures.too_many)
		return KF_EXIT_FITS;
	kf_fault_say(&why, "keyfit strip --list shows them",
		     "has %zu signature%s, and no number %u",
		     s->signatures.num, s->signatures.num == 1 ? "" : "s",
		     (unsigned)s->ask.highest);
	return kf_say_failure(s->ask.path, KF_WRONG_USE, &why);
}

/* check_table: what cannot be read whole is not written anew. */
static int check_table(const struct strip *s, bool all)
{
	const struct kf_signatures *f = &s->signatures;
	struct kf_fault why = { 0 };

	if (f->too_many && !all)
		kf_fault_say(&why, "--all takes off every one of them",
			     "has more than %d signatures",
			     KF_SIGNATURES_MAX);
	else if (f->broken.field && !all)
		kf_fault_say(&why, "--all takes the whole table off",
			     "its certificate table cannot be taken apart: %s at byte %llu",
			     f->broken.field,
			     (unsigned long long)f->broken.at);
	else if (f->behind_len)
		kf_fault_say(&why, "cut them off first, if they are of no use: firmware takes them for part of the image",
			     "%llu bytes stand behind its certificate table",
			     (unsigned long long)f->behind_len);
	else
		return KF_EXIT_FITS;
	return kf_say_failure(s->ask.path, KF_CANNOT_READ, &why);
}

static struct kf_strip_show show_of(struct strip *s)
{
	struct kf_strip_show show = { &s->out, NULL, &s->work.env };

	s->json.out = &s->out;
	if (s->ask.json)
		show.json = &s->json;
	return show;
}

/* list shows the file, also one whose table is broken, as far as it goes. */
static int list(struct strip *s)
{
	struct kf_fault none = { 0 };
	struct kf_strip_show show = show_of(s);
	enum kf_status status = kf_strip_list(&show, s->ask.path,
					      &s->signatures, &s->digests);

	if (status != KF_OK)
		return kf_say_failure(s->ask.path, status, &none);
	return s->signatures.broken.field || s->signatures.too_many
		? check_table(s, false) : KF_EXIT_FITS;
}

static int compare(struct strip *s)
{
	const char *const path[2] = {
		s->ask.path, s->ask.other,
	};
	static struct kf_signatures other;
	static struct kf_file file;
	struct kf_comparison found;
	struct kf_strip_show show = show_of(s);
	struct kf_fault why = { 0 };
	enum kf_status status = kf_file_open(&file, path[1], &why);
	int done;

	if (status != KF_OK)
		return kf_say_failure(path[1], status, &why);
	kf_work_again(&s->work, s->file.source.size > file.source.size
		      ? s->file.source.size : file.source.size);
	done = read_image(&other, path[1], &file.source, &s->work.env);
	if (done == KF_EXIT_FITS) {
		status = kf_compare(&found, &s->signatures, &other,
				    &s->work.env);
		if (status == KF_OK)
			status = kf_strip_compared(&show, path,
						   &s->signatures, &found);
		done = status != KF_OK ? kf_say_failure(NULL, status, &why) :
		       found.num_bytes ? KF_EXIT_NOT : KF_EXIT_FITS;
	}
	kf_file_close(&file);
	return done;
}

/* write puts the patch where it is to go. */
static int write_out(struct strip *s)
{
	const struct kf_source *source = kf_patch_source(&s->patch);
	const char *out = s->ask.output;
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (s->ask.dry_run)
		return KF_EXIT_FITS;
	if (!out)
		out = s->ask.path;
	else if (strcmp(out, "-") == 0)
		out = NULL;
	status = out ? kf_replace(out, source, &s->file, &s->work.env, &why)
		     : kf_pour(STDOUT_FILENO, source, &s->work.env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(out ? out : "stdout", status,
						&why);
}

/* der_len is a structure's own length, where only zeros stand behind it. */
static uint64_t der_len(struct kf_bytes blob)
{
	struct kf_cursor c = kf_cursor_over(blob, 0);
	struct kf_der outer;

	if (!kf_der_next(&outer, &c) || outer.indefinite)
		return blob.len;
	for (size_t i = outer.whole.len; i < blob.len; i++)
		if (blob.data[i])
			return blob.len;
	return outer.whole.len;
}

static int detach(struct strip *s)
{
	const char *out = s->ask.output;
	const struct kf_attached *a;
	struct kf_fault why = { 0 };
	struct kf_bytes blob;
	enum kf_status status;

	if (s->ask.detach > s->signatures.num)
		return check_table(s, false);
	a = &s->signatures.signature[s->ask.detach - 1];
	if (a->blob_len == 0) {
		kf_fault_say(&why, NULL, "signature %u is of type 0x%04x, not PKCS#7",
			     (unsigned)s->ask.detach, a->type);
		return kf_say_failure(s->ask.path, KF_CANNOT_READ, &why);
	}
	status = kf_source_keep(&blob, &s->file.source, &s->work.env,
				a->blob_at, a->blob_len);
	if (status != KF_OK)
		return kf_say_failure(s->ask.path, status, &why);
	kf_patch_open(&s->patch, &s->file.source);
	blob.len = (size_t)der_len(blob);
	if (!kf_patch_slice(&s->patch, a->blob_at, blob.len))
		return kf_say_failure(s->ask.path, KF_CANNOT_READ, &why);
	if (out && strcmp(out, "-") != 0) {
		kf_output_shown(&s->out, kf_text(out));
		kf_output_print(&s->out, ": signature %u, %zu bytes\n",
				(unsigned)s->ask.detach, blob.len);
	}
	return write_out(s);
}

/* no_signature says what a file is that is no signature. */
static void no_signature(struct kf_fault *why, struct kf_bytes file)
{
	const char *hint = "give one as --detach or sbsign --detached write it: PKCS#7, DER";

	if (kf_equal(kf_part_of(file, 0, 10), kf_text("-----BEGIN")))
		hint = "it is PEM: openssl pkcs7 -outform der makes DER of it";
	if (kf_equal(kf_part_of(file, 0, 2), kf_text("MZ")))
		hint = "it is a PE file: keyfit strip --detach N takes a signature out of it";
	kf_fault_say(why, hint, "is no Authenticode signature");
}

/* check_cover: a signature of another image has no place here. */
static int check_cover(const struct strip *s, const char *path,
		       struct kf_bytes digest, enum kf_digest_kind kind)
{
	const struct kf_digest *ours = &s->digests.of[kind];
	struct kf_output words = { 0 };

	if (kf_equal(digest, kf_view(ours->bytes, ours->len)))
		return KF_EXIT_FITS;
	kf_output_print(&words, "covers another image: its %s is ",
			kf_digest_name(kind));
	kf_output_hex(&words, digest);
	kf_output_text(&words, ", this one's is ");
	kf_output_hex(&words, kf_view(ours->bytes, ours->len));
	kf_output_add(&words, "", 1);
	kf_say(path, words.failed ? "covers another image" : words.data,
	       "attach it to the file that was signed, or have this one signed");
	kf_output_close(&words);
	return KF_EXIT_NOT;
}

/* attach_one reads a detached signature. */
static int attach_one(struct strip *s, const char *path)
{
	const struct kf_crypto *crypto = s->crypto;
	struct kf_text_file *file = &s->attached[s->num_attached];
	struct kf_bytes *blob = &s->blob[s->num_attached];
	struct kf_signed_data *data = NULL;
	struct kf_signed_facts facts;
	enum kf_digest_kind kind;
	struct kf_bytes digest;
	struct kf_fault why = { 0 };
	enum kf_status status;
	int done;

	status = kf_text_file_read(file, path, SIGNATURE_FILE_MAX, &why);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	s->num_attached++;
	*blob = file->bytes;
	blob->len = (size_t)der_len(*blob);
	status = crypto->signed_read(crypto->self, &data, *blob, 0);
	if (status == KF_OK && data)
		crypto->signed_facts(data, &facts);
	if (status == KF_OK && data &&
	    kf_content_digest(&digest, &kind, &facts)) {
		done = check_cover(s, path, digest, kind);
	} else {
		if (status == KF_OK)
			no_signature(&why, file->bytes);
		done = kf_say_failure(path, status == KF_OK ? KF_CANNOT_READ
							    : status, &why);
	}
	crypto->signed_close(data);
	return done;
}

static int attach_all(struct strip *s)
{
	struct kf_fault why = { 0 };
	int done = KF_EXIT_FITS;

	if (s->ask.num_attach && !s->signatures.has_place) {
		kf_fault_say(&why, "build it with 16 data directories",
			     "its headers have no place for a certificate table");
		return kf_say_failure(s->ask.path, KF_CANNOT_READ, &why);
	}
	for (size_t i = 0; i < s->ask.num_attach && done == KF_EXIT_FITS; i++)
		done = attach_one(s, s->ask.attach[i]);
	return done;
}

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

/* choose fills the list of the signatures that the new file is to have. */
static int choose(struct strip *s, struct kf_wanted *wanted, size_t *num)
{
	size_t have = s->signatures.num;

	*num = 0;
	if (s->ask.num_order && s->ask.num_order != have)
		return usage("--order", "does not name every signature of the file", "to take one off, say --signature N");
	for (size_t i = 0; i < have && !s->ask.all; i++) {
		uint32_t number = s->ask.num_order ? s->ask.order[i]
					       : (uint32_t)i + 1;

		if (!s->ask.removed[number])
			wanted[(*num)++].number = number;
	}
	if (*num + s->num_attached > KF_SIGNATURES_MAX)
		return usage(s->ask.path, "would have more than 32 signatures", NULL);
	for (size_t i = 0; i < s->num_attached; i++)
		wanted[(*num)++].blob = s->blob[i];
	return KF_EXIT_FITS;
}

/* is_one_image computes the digests of the file to be, and holds them against
 * those of the file that is. What was padding is part of the image then. */
static bool is_one_image(struct strip *s, const struct kf_signatures *after,
			 size_t num, enum kf_status *status)
{
	struct kf_image old = kf_signatures_image(&s->signatures);
	struct kf_image image = { &after->pe, after->source, after->image_len,
				  old.len + old.pad - after->image_len };
	struct kf_digest digest[KF_NUM_DIGESTS];

	if (after->unfit || after->num != num || after->broken.field ||
	    after->behind_len || after->image_len > old.len + old.pad)
		return false;
	*status = kf_image_digest(digest, &image, ALL_DIGESTS, &s->work.env);
	for (int i = 0; i < KF_NUM_DIGESTS && *status == KF_OK; i++)
		if (!kf_equal(kf_view(digest[i].bytes, digest[i].len),
			      kf_view(s->digests.of[i].bytes,
				      s->digests.of[i].len)))
			return false;
	return *status == KF_OK;
}

/* finish writes the file that was put together, and shows what it is. */
static int finish(struct strip *s, size_t num)
{
	static struct kf_signatures after;
	const char *out = s->ask.output;
	struct kf_strip_show show = show_of(s);
	struct kf_strip_digests digests;
	struct kf_fault why = { 0 };
	struct kf_image image;
	enum kf_status status = kf_signatures_read(&after,
		kf_patch_source(&s->patch), &s->work.env);

	if (status == KF_OK && !is_one_image(s, &after, num, &status) &&
	    status == KF_OK) {
		kf_fault_say(&why, "nothing was written; this is a fault of keyfit's",
			     "would be another image");
		status = KF_CANNOT_READ;
	}
	if (status == KF_OK) {
		image = kf_signatures_image(&after);
		status = kf_image_digest(digests.of, &image, ALL_DIGESTS,
					 &s->work.env);
	}
	if (status == KF_OK && !(out && strcmp(out, "-") == 0))
		status = kf_strip_list(&show, out ? out : s->ask.path, &after,
				       &digests);
	return status == KF_OK ? write_out(s)
			       : kf_say_failure(s->ask.path, status, &why);
}

static int change(struct strip *s)
{
	struct kf_wanted wanted[KF_SIGNATURES_MAX + 1] = { { 0, { NULL, 0 } } };
	struct kf_fault why = { 0 };
	enum kf_status status;
	size_t num;
	int done = check_table(s, s->ask.all);

	if (done == KF_EXIT_FITS)
		done = attach_all(s);
	if (done == KF_EXIT_FITS)
		done = choose(s, wanted, &num);
	if (done != KF_EXIT_FITS)
		return done;
	status = kf_signatures_put(&s->patch, &s->signatures, wanted, num,
				   &s->work.env);
	if (status == KF_WRONG_USE) {
		kf_fault_say(&why, NULL, "would be larger than its headers can tell");
		status = KF_TOO_MUCH;
	}
	return status == KF_OK ? finish(s, num)
			       : kf_say_failure(s->ask.path, status, &why);
}

static int act(struct strip *s)
{
	switch (s->ask.action) {
	case KF_STRIP_LIST:
		return list(s);
	case KF_STRIP_COMPARE:
		return compare(s);
	case KF_STRIP_DETACH:
		return detach(s);
	case KF_STRIP_CHANGE:
		return change(s);
	}
	return KF_EXIT_FAULT;
}

/* answer writes what there is to tell. Of a file that was not written there is
 * nothing. */
static int answer(struct strip *s, int status)
{
	bool tells = s->ask.action == KF_STRIP_LIST ||
		     s->ask.action == KF_STRIP_COMPARE;
	int written;

	if (status != KF_EXIT_FITS && !tells)
		return status;
	written = kf_put_answer(&s->out);
	return written == KF_EXIT_FITS ? status : written;
}

static int run(const struct kf_arguments *arguments)
{
	static struct strip s;
	int status = kf_strip_read(&s.ask, arguments);

	if (status == KF_EXIT_FITS)
		status = prepare(&s);
	if (status == KF_EXIT_FITS)
		status = answer(&s, act(&s));
	kf_output_close(&s.out);
	for (size_t i = 0; i < s.num_attached; i++)
		kf_text_file_close(&s.attached[i]);
	kf_file_close(&s.file);
	kf_work_close(&s.work);
	kf_openssl_close(s.crypto);
	return status;
}

const struct kf_command kf_cmd_strip = {
	.operands = "FILE",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 1,
	.options = kf_strip_options,
	.examples = examples,
	.run = run,
};
