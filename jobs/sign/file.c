/* A key in a file: PEM or DER, encrypted or not, with its certificate beside it
 * where one is in the same file.
 *
 * The file's bytes are wiped once the key is open.
 */
#include "file.h"

#include "told.h"

#include "host/base64.h"
#include "host/key.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_LEN = 64 << 10 };

struct file_key {
	struct kf_private *private;
	struct kf_arena arena;
	char name[KF_KEY_NAME_MAX];
	struct kf_key key;
};

static enum kf_status sign(void *self, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	struct file_key *k = self;
	enum kf_status status;

	out->len = sizeof(out->bytes);
	status = kf_openssl_private_sign(out->bytes, &out->len, k->private,
					 scheme, content);
	if (status == KF_NO_CRYPTO)
		kf_fault_say(why, NULL, "%.150s does not sign this", k->name);
	return status;
}

static bool can(void *self, const struct kf_scheme *scheme)
{
	struct file_key *k = self;

	return kf_scheme_suits(&k->key, UINT32_MAX, scheme);
}

static void close_key(void *self)
{
	struct file_key *k = self;

	kf_openssl_private_close(k->private);
	free(k->arena.base);
	free(k);
}

static const struct kf_signing_calls calls = { sign, can, close_key };

bool kf_file_key_wrapped(struct kf_bytes text)
{
	static const char mark[] = "-----BEGIN TSS2 PRIVATE KEY-----";

	return text.data && memmem(text.data, text.len, mark, sizeof(mark) - 1);
}

/* block finds the PEM block that starts at or behind `from` and whose name
 * ends with `name`. Fails: an empty view. */
static struct kf_bytes block(const char *from, const char *name)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *at = from, *line, *last;
	size_t len = strlen(name);

	while ((at = strstr(at, begin))) {
		line = at + sizeof(begin) - 1;
		last = strstr(line, "-----");
		if (!last)
			break;
		if ((size_t)(last - line) >= len &&
		    memcmp(last - len, name, len) == 0) {
			last = strstr(last, end);
			last = last ? strchr(last, '\n') : NULL;
			return last ? kf_view(at, (size_t)(last + 1 - at))
				    : kf_text(at);
		}
		at = last;
	}
	return kf_view(NULL, 0);
}

/* decode turns a PEM block into DER, in the arena. */
static struct kf_bytes decode(struct kf_bytes pem, struct kf_arena *arena)
{
	const char *from = memchr(pem.data, '\n', pem.len);
	const char *text = (const char *)pem.data;
	const char *end = from ? memmem(from, pem.len - (size_t)(from - text),
					"-----END ", 9) : NULL;
	char *line = end ? kf_arena_take(arena, (size_t)(end - from) + 1)
			 : NULL;
	uint8_t *room = end ? kf_arena_take(arena, (size_t)(end - from) + 5)
			    : NULL;
	struct kf_bytes der = kf_view(NULL, 0);
	size_t len = 0;

	if (!line || !room)
		return der;
	for (; from < end; from++)
		if (!strchr(" \t\r\n", *from))
			line[len++] = *from;
	return kf_base64_read(&der, room, line) ? der : kf_view(NULL, 0);
}

/* find_certificate keeps the certificate in the same file that is of the same
 * key: the key stands in it as it is encoded. */
static void find_certificate(struct kf_signing_key *out, const char *text,
			     struct kf_arena *lent, struct kf_arena *arena)
{
	struct kf_bytes pem;

	for (const char *at = text;
	     (pem = block(at, "CERTIFICATE")).len && !out->certificate.len;
	     at = (const char *)pem.data + pem.len) {
		struct kf_arena scratch = *lent;
		struct kf_bytes der = decode(pem, &scratch);

		if (der.len && memmem(der.data, der.len, out->key.spki.data,
				      out->key.spki.len) &&
		    !kf_arena_keep(arena, &out->certificate, der))
			return;
	}
}

static enum kf_status no_key(bool asked, const struct kf_pin *pin,
			     struct kf_fault *why)
{
	if (asked && !pin->there)
		kf_fault_say(why, "say where it lies: --pin-source file:PATH, env:NAME or credential:NAME",
			     "the key is encrypted, and there is no passphrase");
	else if (asked)
		kf_fault_say(why, NULL, "the passphrase does not open the key");
	else
		kf_fault_say(why, "give a private key in PEM or DER, a pkcs11: URI, or tpm:HANDLE",
			     "holds no private key that keyfit can read");
	return KF_WRONG_USE;
}

static enum kf_status open_private(struct file_key *k, struct kf_bytes file,
				   const struct kf_crypto *crypto,
				   const struct kf_pin *pin,
				   struct kf_fault *why)
{
	struct kf_bytes pem = block((const char *)file.data, "PRIVATE KEY");
	bool asked;
	enum kf_status status = kf_openssl_private_open(
		&k->private, &asked, crypto, pem.len ? pem : file,
		kf_view(pin->text, pin->len), pin->there);

	return status == KF_WRONG_USE ? no_key(asked, pin, why) : status;
}

static enum kf_status tell(struct kf_signing_key *out, struct file_key *k,
			   const struct kf_key_name *name, struct kf_fault *why)
{
	enum kf_status status = kf_openssl_private_public(&k->key, k->private,
							  &k->arena);

	if (status == KF_WRONG_USE)
		kf_fault_say(why, NULL, "its public half cannot be told");
	memcpy(k->name, name->path, sizeof(k->name));
	out->self = k;
	out->calls = &calls;
	out->place = KF_PLACE_FILE;
	out->name = k->name;
	out->key = k->key;
	out->extractable = KF_YES;
	out->was_extractable = KF_YES;
	return status;
}

/* open_text opens the key of a file that was read. `out` owns `k` from where
 * it has calls. */
static enum kf_status open_text(struct kf_signing_key *out,
				const struct kf_key_name *name,
				struct kf_bytes file,
				const struct kf_crypto *crypto,
				struct kf_work *work, struct kf_fault *why)
{
	struct file_key *k = calloc(1, sizeof(*k));
	struct kf_pin pin = { 0 };
	enum kf_status status = k ? KF_OK : KF_NO_MEMORY;

	if (k)
		k->arena.base = malloc(ARENA_LEN);
	if (k && k->arena.base)
		k->arena.size = ARENA_LEN;
	else
		status = KF_NO_MEMORY;
	if (status == KF_OK)
		status = kf_pin_read(&pin, name, &out->warning, why);
	if (status == KF_OK)
		status = open_private(k, file, crypto, &pin, why);
	kf_pin_wipe(&pin);
	if (status == KF_OK)
		status = tell(out, k, name, why);
	else if (k)
		close_key(k);
	if (status == KF_OK)
		find_certificate(out, (const char *)file.data, &work->arena,
				 &k->arena);
	return status;
}

enum kf_status kf_file_key_open(struct kf_signing_key *out, bool *wrapped,
				const struct kf_key_name *name,
				const struct kf_crypto *crypto,
				struct kf_work *work, struct kf_fault *why)
{
	struct kf_text_file file = { 0 };
	size_t used = work->arena.used;
	enum kf_status status;

	/* Standard input would be kept on the disk. */
	if (kf_same(name->path, "-")) {
		kf_fault_say(why, "give a path",
			     "no private key is read from standard input");
		return KF_WRONG_USE;
	}
	status = kf_text_file_read(&file, name->path, KF_KEY_FILE_MAX, why);
	*wrapped = status == KF_OK && kf_file_key_wrapped(file.bytes);
	if (status == KF_OK && !*wrapped)
		status = open_text(out, name, file.bytes, crypto, work, why);
	if (file.memory)
		explicit_bzero(file.memory, file.bytes.len);
	kf_text_file_close(&file);
	work->arena.used = used;
	if (status != KF_OK)
		kf_signing_key_close(out);
	return status;
}
