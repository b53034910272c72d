/* Signs statements, and opens envelopes of them.
 */
#include "seal.h"
#include "say.h"

#include "analysis/keys.h"
#include "analysis/known.h"
#include "core/dsse.h"
#include "jobs/ledger/ledger.h"
#include "jobs/sign/sign.h"

enum { KEY_MAX = 1 << 20, SEARCH_LEN = 1 << 20 };

/* without_line takes the end of the line off, which nobody signs. */
static struct kf_bytes without_line(const struct kf_output *text)
{
	size_t len = text->len;

	return kf_view(text->data, len && text->data[len - 1] == '\n'
		       ? len - 1 : len);
}

int kf_seal(struct kf_output *statement, const char *name,
	    const char *pin_source, struct kf_work *work)
{
	const struct kf_signing_ask ask = { .name = name,
					    .pin_source = pin_source };
	struct kf_signing_key key = { 0 };
	struct kf_output sealed = { 0 };
	struct kf_fault why = { 0 };
	struct kf_bytes envelope = { 0 };
	enum kf_status status;

	kf_work_again(work, statement->len);
	status = kf_signing_key_open_as(&key, &ask, work->env.crypto, work,
					&why);
	if (status == KF_OK)
		status = kf_statement_sign(&envelope, without_line(statement),
					   &key, &work->env, &why);
	kf_signing_key_close(&key);
	if (status != KF_OK)
		return kf_say_failure("key", status, &why);
	kf_output_add(&sealed, (const char *)envelope.data, envelope.len);
	kf_output_text(&sealed, "\n");
	kf_output_close(statement);
	*statement = sealed;
	return sealed.failed ? kf_say_failure(NULL, KF_NO_MEMORY, &why)
			     : KF_EXIT_FITS;
}

/* looking is a file that is searched for one public key. */
struct looking {
	struct kf_key *out;
	struct kf_work *work;
	enum kf_status status;
	size_t num;
};

static void take(struct looking *l, struct kf_bytes key)
{
	const struct kf_crypto *crypto = l->work->env.crypto;
	struct kf_bytes kept;

	if (l->status != KF_OK)
		return;
	l->num++;
	l->status = kf_arena_keep(&l->work->arena, &kept, key)
		? crypto->key_read(crypto->self, l->out, kept,
				   &l->work->arena) : KF_NO_MEMORY;
}

/* found takes the public half of whatever there is. */
static void found(void *self, const struct kf_key_found *f)
{
	struct looking *l = self;
	struct kf_bytes serial, spki = f->bytes;

	if (f->kind == KF_KEY_CERTIFICATE)
		kf_known_parts(&serial, &spki, f->der);
	if (f->kind != KF_KEY_PRIVATE)
		take(l, spki);
}

/* look searches a text, then takes it for a key or certificate in DER. The
 * search gives its memory back, and so has its own. */
static enum kf_status look(struct looking *l, struct kf_bytes text)
{
	struct kf_source source = kf_bytes_source(&text);
	struct kf_bytes serial, spki;
	struct kf_work search = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_work_open(&search, SEARCH_LEN,
					     l->work->env.crypto, 0, &why);

	if (status == KF_OK)
		status = kf_keys_find(&source, &search.env, found, l);
	kf_work_close(&search);
	if (status == KF_OK && l->num == 0) {
		kf_known_parts(&serial, &spki, text);
		take(l, spki.len ? spki : text);
	}
	return status == KF_OK ? l->status : status;
}

int kf_seal_key(struct kf_key *out, const char *path, struct kf_work *work)
{
	struct looking l = { .out = out, .work = work };
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_text_file_read(&file, path, KEY_MAX, &why);

	if (status == KF_OK)
		status = look(&l, file.bytes);
	kf_text_file_close(&file);
	if (status == KF_OK && l.num > 1) {
		kf_fault_say(&why, "a file of one key or certificate",
			     "holds several keys");
		status = KF_WRONG_USE;
	}
	if (status == KF_WRONG_USE)
		kf_fault_say(&why, "give a public key or a certificate, in PEM or DER",
			     "holds no public key");
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

int kf_unseal(struct kf_bytes *out, const char *path, struct kf_bytes text,
	      const struct kf_key *key, struct kf_work *work)
{
	enum kf_answer3 answer = KF_YES;
	struct kf_dsse envelope;
	struct kf_fault why = { 0 };
	const char *what = NULL;
	enum kf_status status = kf_dsse_read(&envelope, &what, text,
					     &work->env);

	if (status == KF_OK && !kf_equal(envelope.type,
					 kf_text(KF_STATEMENT_PAYLOAD))) {
		what = "it holds something else than a statement";
		status = KF_WRONG_USE;
	}
	if (status == KF_WRONG_USE)
		kf_fault_say(&why, NULL, "is no envelope: %s",
			     what ? what : "it cannot be read");
	if (status == KF_OK && key)
		status = kf_dsse_ask(&answer, &envelope, key, &work->env);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	*out = envelope.payload;
	if (answer == KF_YES)
		return KF_EXIT_FITS;
	kf_say(path, "is not signed by this key", NULL);
	return KF_EXIT_NOT;
}
