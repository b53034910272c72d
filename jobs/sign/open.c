/* Keys and tokens, opened by name.
 */
#include "child.h"
#include "file.h"
#include "told.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_LEN = 128 << 10 };

/* token_key is a key that a child drives. */
struct token_key {
	struct kf_child child;
	struct kf_arena arena;
	struct kf_token_object object;
	char name[KF_KEY_NAME_MAX];
};

static bool can(void *self, const struct kf_scheme *scheme)
{
	struct token_key *k = self;

	return kf_scheme_suits(&k->object.key, k->object.signs, scheme);
}

static enum kf_status sign(void *self, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	struct token_key *k = self;
	struct kf_output told = { 0 };
	const struct kf_asked asked = {
		KF_CHILD_SIGN, *scheme, content, &told, NULL,
	};
	enum kf_status status = kf_child_ask(&k->child, &asked, why);

	if (status == KF_OK && told.len > sizeof(out->bytes)) {
		kf_fault_say(why, NULL, "the token's signature is too long");
		status = KF_CANNOT_READ;
	}
	if (status == KF_OK && told.len)
		memcpy(out->bytes, told.data, told.len);
	if (status == KF_OK)
		out->len = told.len;
	kf_output_close(&told);
	return status;
}

static void close_key(void *self)
{
	struct token_key *k = self;

	kf_child_stop(&k->child);
	free(k->arena.base);
	free(k);
}

static const struct kf_signing_calls calls = { sign, can, close_key };

/* fill tells what the token told of its key. */
static enum kf_status fill(struct kf_signing_key *out, struct token_key *k,
			   const struct kf_output *told,
			   const struct kf_crypto *crypto,
			   struct kf_fault *why)
{
	struct kf_cursor c = kf_cursor_over(kf_view(told->data, told->len), 0);
	struct kf_token_object *o = &k->object;
	enum kf_status status = kf_told_object(o, &c, crypto, &k->arena);

	if (status == KF_OK && !o->key.name) {
		kf_fault_say(why, "put the public key, or its certificate, beside it, with the same id",
			     "the token tells the public half of no key there that keyfit knows, of %s",
			     o->type && o->type[0] ? o->type : "no kind at all");
		return KF_WRONG_USE;
	}
	out->key = o->key;
	out->certificate = o->certificate;
	out->extractable = o->extractable;
	out->was_extractable = o->was_extractable;
	out->asks_each_time = o->asks_each_time;
	return status;
}

static enum kf_status ask_open(struct kf_signing_key *out, struct token_key *k,
			       const struct kf_crypto *crypto,
			       struct kf_fault *why)
{
	struct kf_output told = { 0 };
	const struct kf_asked asked = {
		.task = KF_CHILD_OPEN, .told = &told,
		.warning = &out->warning,
	};
	enum kf_status status = kf_child_ask(&k->child, &asked, why);

	if (status == KF_OK)
		status = fill(out, k, &told, crypto, why);
	kf_output_close(&told);
	return status;
}

static const struct kf_driver *driver_of(const struct kf_key_name *name)
{
	return name->place == KF_PLACE_PKCS11 ? &kf_driver_pkcs11
					      : &kf_driver_tpm;
}

static enum kf_status open_token(struct kf_signing_key *out,
				 const struct kf_key_name *name,
				 unsigned wait_s,
				 const struct kf_crypto *crypto,
				 struct kf_fault *why)
{
	struct token_key *k = calloc(1, sizeof(*k));
	enum kf_status status = KF_NO_MEMORY;
	int turn = kf_child_turn();

	if (k)
		k->arena.base = malloc(ARENA_LEN);
	if (k && k->arena.base) {
		k->arena.size = ARENA_LEN;
		memcpy(k->name, name->shown, sizeof(k->name));
		out->calls = &calls;
		out->self = k;
		out->place = name->place;
		out->name = k->name;
		status = kf_child_start(&k->child, driver_of(name), name,
					wait_s, why);
	} else {
		free(k);
	}
	if (status == KF_OK)
		status = ask_open(out, k, crypto, why);
	kf_child_turn_over(turn);
	return status;
}

enum kf_status kf_signing_key_open_as(struct kf_signing_key *out,
				      const struct kf_signing_ask *ask,
				      const struct kf_crypto *crypto,
				      struct kf_work *work,
				      struct kf_fault *why)
{
	struct kf_key_name name;
	bool wrapped = false;
	enum kf_status status = kf_key_name_read(&name, ask, why);

	memset(out, 0, sizeof(*out));
	if (status == KF_OK && name.place == KF_PLACE_FILE)
		status = kf_file_key_open(out, &wrapped, &name, crypto, work,
					  why);
	if (wrapped)
		name.place = KF_PLACE_TPM;
	if (status == KF_OK && name.place != KF_PLACE_FILE)
		status = open_token(out, &name, ask->wait_s, crypto, why);
	explicit_bzero(&name, sizeof(name));
	if (status == KF_NO_MEMORY)
		kf_fault_say(why, NULL, "out of memory");
	if (status != KF_OK)
		kf_signing_key_close(out);
	return status;
}

enum kf_status kf_signing_key_open(struct kf_signing_key *out,
				   const char *name,
				   const struct kf_crypto *crypto,
				   struct kf_work *work, struct kf_fault *why)
{
	const struct kf_signing_ask ask = { .name = name };

	return kf_signing_key_open_as(out, &ask, crypto, work, why);
}

bool kf_key_is_file(const char *name)
{
	const struct kf_signing_ask ask = { .name = name };
	struct kf_fault ignored = { 0 };
	struct kf_key_name parts;
	struct kf_text_file file = { 0 };
	bool yes;

	if (kf_key_name_read(&parts, &ask, &ignored) != KF_OK ||
	    parts.place != KF_PLACE_FILE)
		return false;
	yes = kf_text_file_read(&file, parts.path, KF_KEY_FILE_MAX,
				&ignored) != KF_OK ||
	      !kf_file_key_wrapped(file.bytes);
	kf_text_file_close(&file);
	return yes;
}
