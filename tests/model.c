/* Makes what unit tests are made of.
 */
#include "model.h"

#include "core/rules/edk2/edk2.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 4 << 20, ARENA = 4 << 20, WINDOW = 4096 };

const char model_x509[] = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
const char model_sha1[] = "826ca512-cf10-4ac9-b187-be01496631bd";
const char model_sha224[] = "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd";
const char model_sha256[] = "c1c41626-504c-4092-aca9-41f936934328";
const char model_sha384[] = "ff3e5307-9fd0-48c9-85f1-8ad56c701e01";
const char model_sha512[] = "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a";
const char model_x509_sha256[] = "3bd2a492-96c0-4079-b420-fcf98ef103ed";
const char model_x509_sha384[] = "7076876e-80c2-4ee6-aad2-28b349a6865b";
const char model_x509_sha512[] = "446dbf63-2502-4cda-bcfa-2465d2b0fe9d";
const char model_rsa2048[] = "3c5766e8-269c-4e34-aa14-ed776e85b3b6";

static uint8_t room[ROOM];
static size_t used;

int model_open(void **state)
{
	(void)state;
	used = 0;
	return 0;
}

void *model_room(size_t len)
{
	size_t at = (used + 15) / 16 * 16;

	assert_true(at <= ROOM && len <= ROOM - at);
	used = at + len;
	memset(room + at, 0, len);
	return room + at;
}

struct kf_env *model_env(void)
{
	static uint8_t memory[ARENA], window[WINDOW];
	static struct kf_arena arena;
	static struct kf_env env;

	arena.base = memory;
	arena.size = sizeof(memory);
	arena.used = 0;
	env.crypto = &toy_crypto;
	env.arena = &arena;
	env.now_s = 1800000000;
	env.steps = 64 << 20;
	env.window = window;
	env.window_len = sizeof(window);
	return &env;
}

struct kf_bytes model_copy(struct kf_bytes bytes)
{
	uint8_t *copy = model_room(bytes.len);

	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return kf_view(copy, bytes.len);
}

struct kf_bytes model_join(struct kf_bytes a, struct kf_bytes b)
{
	uint8_t *both = model_room(a.len + b.len);

	if (a.len)
		memcpy(both, a.data, a.len);
	if (b.len)
		memcpy(both + a.len, b.data, b.len);
	return kf_view(both, a.len + b.len);
}

struct kf_bytes model_fill(size_t len, uint8_t value)
{
	uint8_t *bytes = model_room(len);

	memset(bytes, value, len);
	return kf_view(bytes, len);
}

struct kf_bytes model_hex(const char *digits)
{
	size_t len = strlen(digits) / 2;
	struct kf_bytes bytes = model_fill(len, 0);

	for (size_t i = 0; i < len; i++) {
		unsigned value;

		assert_int_equal(sscanf(digits + 2 * i, "%2x", &value), 1);
		model_poke(bytes, i, 1, value);
	}
	return bytes;
}

void model_poke(struct kf_bytes bytes, size_t at, size_t len, uint64_t value)
{
	uint8_t *to = room + (bytes.data - room);

	assert_true(at + len <= bytes.len);
	for (size_t i = 0; i < len; i++)
		to[at + i] = (uint8_t)(value >> 8 * i);
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *file = self;

	assert_true(at <= file->len && len <= file->len - at);
	if (len)
		memcpy(out, file->data + at, len);
	return true;
}

struct kf_source model_source(struct kf_bytes *file)
{
	struct kf_source source = { file->len, read_at, file };

	return source;
}

bool model_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

struct kf_bytes model_guid(const char *text)
{
	struct kf_bytes guid = model_fill(16, 0);
	unsigned a, b, c, d[8];

	assert_int_equal(sscanf(text,
				"%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x",
				&a, &b, &c, d, d + 1, d + 2, d + 3, d + 4,
				d + 5, d + 6, d + 7), 11);
	model_poke(guid, 0, 4, a);
	model_poke(guid, 4, 2, b);
	model_poke(guid, 6, 2, c);
	for (size_t i = 0; i < 8; i++)
		model_poke(guid, 8 + i, 1, d[i]);
	return guid;
}

struct kf_bytes model_list_of(const char *type, const struct kf_bytes *entry,
			      size_t num)
{
	struct kf_bytes list = model_join(model_guid(type),
					  model_fill(12, 0));

	for (size_t i = 0; i < num; i++) {
		list = model_join(list, model_fill(16, 'o'));
		list = model_join(list, entry[i]);
	}
	model_poke(list, 16, 4, list.len);
	model_poke(list, 24, 4, 16 + (num ? entry[0].len : 0));
	return list;
}

struct kf_bytes model_list(const char *type, struct kf_bytes entry)
{
	return model_list_of(type, &entry, 1);
}

struct kf_bytes model_timed(struct kf_bytes digest, unsigned year)
{
	struct kf_bytes time = model_fill(16, 0);

	model_poke(time, 0, 2, year);
	return model_join(digest, time);
}

struct kf_bytes model_certificate(uint8_t fill, enum kf_why_kind why)
{
	/* The toy takes the outer length for what it says in vain. */
	size_t inner = 38 + (size_t)why;
	struct kf_bytes der = model_fill(inner + 4, fill);

	model_poke(der, 0, 1, 0x30);
	model_poke(der, 1, 1, inner + 2);
	model_poke(der, 2, 1, 0x30);
	model_poke(der, 3, 1, inner);
	return der;
}

struct kf_bytes model_tbs(struct kf_bytes certificate)
{
	return kf_part_of(certificate, 2, certificate.len - 2);
}

static void add_digest(uint64_t *sum, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		*sum = (*sum << 5 | *sum >> 59) ^ bytes.data[i];
}

static struct kf_bytes end_digest(enum kf_digest_kind kind, uint64_t sum)
{
	static const size_t len[] = { 20, 32, 48, 64 };
	struct kf_bytes digest = model_fill(len[kind], 0);

	model_poke(digest, 0, 8, sum);
	return digest;
}

static const uint64_t first_sum = UINT64_C(0xcbf29ce484222325);

struct kf_bytes model_digest(enum kf_digest_kind kind, struct kf_bytes bytes)
{
	uint64_t sum = first_sum;

	add_digest(&sum, bytes);
	return end_digest(kind, sum);
}

static uint64_t peek(struct kf_bytes bytes, size_t at, size_t len)
{
	uint64_t value = 0;

	assert_true(at + len <= bytes.len);
	for (size_t i = len; i-- > 0;)
		value = value << 8 | bytes.data[at + i];
	return value;
}

size_t model_optional_at(struct kf_bytes image)
{
	return (size_t)peek(image, 60, 4) + 24;
}

size_t model_directory_at(struct kf_bytes image, unsigned index)
{
	size_t at = model_optional_at(image);

	return at + (peek(image, at, 2) == 0x20b ? 112 : 96) +
	       8 * (size_t)index;
}

size_t model_section_at(struct kf_bytes image)
{
	size_t at = model_optional_at(image);

	return at + (size_t)peek(image, at - 4, 2);
}

/* put_headers writes all headers of a model image. */
static void put_headers(struct kf_bytes image, const struct model_image *spec)
{
	uint32_t pe_at = spec->pe_at ? spec->pe_at : 64;
	unsigned directories = spec->directories == MODEL_NONE ? 0 :
			       spec->directories ? spec->directories : 16;
	size_t fixed = spec->narrow ? 96 : 112;
	size_t at = pe_at + 24;

	model_poke(image, 0, 2, 0x5a4d);
	model_poke(image, 60, 4, pe_at);
	model_poke(image, pe_at, 4, 0x4550);
	model_poke(image, pe_at + 4, 2, spec->machine ? spec->machine
			: spec->narrow ? 0x14c : 0x8664);
	model_poke(image, pe_at + 6, 2, 1);
	model_poke(image, pe_at + 20, 2, fixed + 8 * directories);
	model_poke(image, pe_at + 22, 2, spec->characteristics
			? spec->characteristics : 0x22);
	model_poke(image, at, 2, spec->narrow ? 0x10b : 0x20b);
	model_poke(image, at + 16, 4, 0x1000);		/* entry */
	model_poke(image, at + 32, 4, 0x1000);		/* in memory */
	model_poke(image, at + 36, 4, 0x200);		/* in the file */
	model_poke(image, at + 56, 4, 0x2000);		/* SizeOfImage */
	model_poke(image, at + 60, 4, MODEL_HEADERS_LEN);
	model_poke(image, at + 64, 4, 0xc0ffee);	/* CheckSum */
	model_poke(image, at + 68, 2, spec->subsystem ? spec->subsystem : 10);
	model_poke(image, at + fixed - 4, 4, directories);
	at = model_section_at(image);
	model_poke(image, at, 5, UINT64_C(0x747865742e));	/* ".text" */
	model_poke(image, at + 8, 4, MODEL_SECTION_LEN);
	model_poke(image, at + 12, 4, 0x1000);
	model_poke(image, at + 16, 4, MODEL_SECTION_LEN);
	model_poke(image, at + 20, 4, MODEL_HEADERS_LEN);
	model_poke(image, at + 36, 4, 0x60000020);
}

struct kf_bytes model_image(const struct model_image *spec)
{
	struct kf_bytes head = model_fill(MODEL_HEADERS_LEN, 0);
	struct kf_bytes body = model_fill(MODEL_SECTION_LEN, spec->fill
					  ? spec->fill : 0xc3);

	put_headers(head, spec);
	return model_join(model_join(head, body), model_fill(spec->tail, 't'));
}

struct kf_bytes model_image_digest(enum kf_digest_kind kind,
				   struct kf_bytes image)
{
	size_t checksum = model_optional_at(image) + 64;
	size_t table = model_directory_at(image, 4);
	size_t count_at = model_directory_at(image, 0) - 4;
	bool has_table = peek(image, count_at, 4) > 4;
	size_t end = image.len;
	uint64_t sum = first_sum;

	if (has_table)
		end -= (size_t)peek(image, table + 4, 4);
	else
		table = MODEL_HEADERS_LEN;
	add_digest(&sum, kf_part_of(image, 0, checksum));
	add_digest(&sum, kf_part_of(image, checksum + 4,
				    table - checksum - 4));
	if (has_table)
		add_digest(&sum, kf_part_of(image, table + 8,
					    MODEL_HEADERS_LEN - table - 8));
	add_digest(&sum, kf_part_of(image, MODEL_HEADERS_LEN,
				    end - MODEL_HEADERS_LEN));
	return end_digest(kind, sum);
}

struct kf_bytes model_entry(unsigned type, struct kf_bytes blob)
{
	struct kf_bytes entry = model_join(model_fill(8, 0), blob);

	model_poke(entry, 0, 4, entry.len);
	model_poke(entry, 4, 2, 0x200);
	model_poke(entry, 6, 2, type);
	return model_join(entry, model_fill(-entry.len % 8, 0));
}

struct kf_bytes model_attach(struct kf_bytes image, struct kf_bytes table)
{
	struct kf_bytes file = model_join(image, table);
	size_t at = model_directory_at(image, 4);

	model_poke(file, at, 4, image.len);
	model_poke(file, at + 4, 4, table.len);
	return file;
}

/* toy_blob writes a signature as fuzz/toy.c reads it. */
static struct kf_bytes toy_blob(const struct model_signature *s,
				struct kf_bytes image)
{
	static const uint8_t sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
	static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
					0x04, 0x02 };
	struct kf_bytes digest = model_image_digest(s->kind, image);
	struct kf_bytes blob = model_fill(46, 0);
	struct kf_bytes head = s->head;
	unsigned flags = (s->lost ? 8u : 0) | (s->bad ? 16u : 0) |
			 (s->stamped ? 32u : 0);

	if (s->other_bytes)
		model_poke(digest, 0, 1, (uint64_t)~digest.data[0]);
	model_poke(blob, 0, 2, 0x8230);
	for (size_t i = 0; i < sizeof(sha2); i++)
		model_poke(blob, 32 + i, 1, s->kind != KF_SHA1 ? sha2[i] :
			   i < sizeof(sha1) ? sha1[i] : 0);
	if (s->kind != KF_SHA1)		/* ... 1, 2, 3 */
		model_poke(blob, 40, 1, s->kind);
	model_poke(blob, 41, 1, flags);
	model_poke(blob, 42, 1, s->num_signers == MODEL_NONE ? 0
			: s->num_signers ? s->num_signers : 1);
	model_poke(blob, 43, 1, s->num_certificates);
	model_poke(blob, 44, 1, 16);
	if (head.len == 0) {
		head = model_fill(2, 0x30);
		model_poke(head, 1, 1, digest.len);
	}
	model_poke(blob, 45, 1, head.len + digest.len);
	blob = model_join(model_join(blob, head), digest);
	for (size_t i = 0; i < s->num_certificates; i++) {
		blob = model_join(blob, model_fill(1, (uint8_t)
						   s->certificate[i].len));
		blob = model_join(blob, s->certificate[i]);
	}
	return blob;
}

struct kf_bytes model_sign(struct kf_bytes image,
			   const struct model_signature *signature,
			   size_t num)
{
	struct kf_bytes table = kf_view(NULL, 0);
	struct kf_bytes file = image;

	/* The digest leaves the table and its entry out: it is the same
	 * before and after. */
	for (size_t i = 0; i < num; i++)
		table = model_join(table, model_entry(2,
				toy_blob(&signature[i], image)));
	file = model_attach(image, table);
	return file;
}

struct kf_bytes model_by(struct kf_bytes image, struct kf_bytes certificate)
{
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { certificate },
				     .num_certificates = 1 };

	return model_sign(image, &s, 1);
}

struct kf_finding model_load(struct kf_bytes file, const char *rules)
{
	const struct kf_rules *profile = kf_rules_find(rules);
	struct kf_source source = model_source(&file);
	struct kf_artifact artifact = { .source = &source };
	struct edk2_image image = { .source = &source };

	assert_int_equal(kf_pe_read(&image.pe, &source), KF_OK);
	edk2_gate(&image, profile->profile, &artifact, model_env());
	assert_null(image.gate.reason);
	edk2_load(&image, profile->profile, &artifact, model_env());
	assert_int_equal(artifact.status, KF_OK);
	return image.load;
}

bool model_found(const struct kf_finding *found, const char *slug)
{
	return found->reason && model_same(found->reason->slug, slug);
}

void model_put(struct kf_store *store, const char *name,
	       struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .bytes = bytes,
				.presence = bytes.len ? KF_PRESENT
						      : KF_ABSENT };

	assert_true(kf_store_put(store, &part));
}

enum kf_answer model_ask(struct kf_verdict *out, struct kf_bytes file,
			 const struct kf_store *store, const char *rules)
{
	const struct kf_rules *profile = kf_rules_find(rules);
	struct kf_env *env = model_env();
	struct kf_source source = model_source(&file);
	struct kf_store copy = *store;
	struct kf_artifact artifact;

	assert_non_null(profile);
	kf_store_prepare(&copy, profile, env);
	kf_artifact_read(&artifact, NULL, &source, env);
	kf_artifact_prepare(&artifact, profile, env);
	assert_int_equal(kf_check(out, &artifact, &copy, profile, env), KF_OK);
	kf_artifact_close(&artifact, env);
	return out->answer;
}
