/* Carries out keyfit's remedies: for each rejected case of a script it writes
 * the file or the list that a remedy is about, and a script in which the
 * firmware is asked about the outcome.
 *
 *   remedies RULES FOLDER MAX-OF-A-KIND <SCRIPT >SCRIPT
 *
 * Keys to sign with lie in FOLDER as make-cases leaves them.
 */
#include "make/make.h"

#include "analysis/remedy.h"

#include <keyfit/host.h>

#include <openssl/pem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUM_PARTS = 3, NAME_LEN = 64, FILE_MAX = 32 << 20 };

static const char *const part_names[NUM_PARTS] = { "db", "dbx", "dbt" };

struct carrying {
	const struct kf_crypto *crypto;
	const struct kf_rules *rules;
	struct kf_work work, store_work;
	struct kf_store store;
	char part[NUM_PARTS][NAME_LEN];
	struct kf_text_file list[NUM_PARTS];
	char base[NAME_LEN];
	size_t count[KF_NUM_REMEDY_KINDS], max, files;
	bool plain;		/* the store is one that SetVariable takes */
};

static struct bytes of(struct kf_bytes b)
{
	return raw(b.data, b.len);
}

static void new_name(struct carrying *c, char name[NAME_LEN],
		     const char *kind)
{
	snprintf(name, NAME_LEN, "remedy-%zu.%s", c->files++, kind);
}

static void take_store(struct carrying *c, const char *line)
{
	static const uint8_t any[1] = { 0 };
	struct kf_part pk = { .name = "pk", .presence = KF_PRESENT,
			      .bytes = kf_view(any, 1) };
	struct kf_fault why = { 0 };

	memset(&c->store, 0, sizeof(c->store));
	c->store.complete = true;
	c->plain = sscanf(line, "store mode=user db=%63s dbx=%63s dbt=%63s",
			  c->part[0], c->part[1], c->part[2]) == NUM_PARTS;
	if (!c->plain)
		return;
	need_ok(kf_store_put(&c->store, &pk), "a store");
	for (int i = 0; i < NUM_PARTS; i++) {
		struct kf_part p = { .name = part_names[i],
				     .presence = KF_ABSENT };

		kf_text_file_close(&c->list[i]);
		if (strcmp(c->part[i], "none") != 0) {
			need_ok(kf_text_file_read(&c->list[i], c->part[i],
						  FILE_MAX, &why) == KF_OK,
				c->part[i]);
			p.presence = KF_PRESENT;
			p.bytes = c->list[i].bytes;
		}
		need_ok(kf_store_put(&c->store, &p), "a store");
	}
	kf_work_again(&c->store_work, 0);
	kf_store_prepare(&c->store, c->rules, &c->store_work.env);
}

/* ask prints the case: with a longer list in place of a part, or with another
 * file. */
static void ask(struct carrying *c, const struct kf_remedy *r,
		const char *file)
{
	char list[NAME_LEN];

	printf("store mode=user");
	for (int i = 0; i < NUM_PARTS; i++) {
		if (r->part && strcmp(r->part, part_names[i]) == 0) {
			new_name(c, list, "esl");
			write_file(".", list, JOIN2(of(c->list[i].bytes),
						    of(r->list)));
			printf(" %s=%s", part_names[i], list);
		} else {
			printf(" %s=%s", part_names[i], c->part[i]);
		}
	}
	printf("\nbase %s\ncase %s-%zu\n", file, kf_remedy_name(r->kind),
	       c->count[r->kind]++);
}

/* patched writes the new file. */
static void patched(struct carrying *c, struct kf_remedy *r)
{
	const struct kf_source *s = kf_patch_source(&r->patch);
	struct bytes b = zeros((size_t)s->size);
	char name[NAME_LEN];

	need_ok(s->read_at(s->self, 0, b.data, b.len), "a patched file");
	new_name(c, name, "efi");
	write_file(".", name, b);
	ask(c, r, name);
}

/* key_of finds the key of a certificate; false: it is a stranger's. */
static bool key_of(struct identity *out, struct kf_bytes certificate)
{
	struct bytes d = digest("SHA256", of(certificate));
	const unsigned char *at = certificate.data;
	char name[NAME_LEN];
	FILE *f;

	snprintf(name, sizeof(name), "key-%02x%02x%02x%02x%02x%02x.pem",
		 d.data[0], d.data[1], d.data[2], d.data[3], d.data[4],
		 d.data[5]);
	f = fopen(name, "r");
	if (!f)
		return false;
	out->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	out->x = d2i_X509(NULL, &at, (long)certificate.len);
	out->der = of(certificate);
	return out->key && out->x;
}

static uint32_t get32(struct bytes b, size_t at)
{
	return b.data[at] | (uint32_t)b.data[at + 1] << 8 |
	       (uint32_t)b.data[at + 2] << 16 |
	       (uint32_t)b.data[at + 3] << 24;
}

/* signed_anew takes all signatures off, and signs with one certificate; only
 * files whose table is the end are signed in this way. */
static void signed_anew(struct carrying *c, struct kf_remedy *r,
			struct kf_bytes file)
{
	struct bytes b = of(file);
	size_t pe = get32(b, 60), field = pe + 24 + 112 + 32;
	uint32_t at, len;
	struct identity who;
	struct signature s = { .signer = { &who } };
	char name[NAME_LEN];

	if (b.data[pe + 25] != 2 || !key_of(&who, r->certificate))
		return;
	at = get32(b, field);
	len = get32(b, field + 4);
	if (len && (size_t)at + len != b.len)
		return;
	if (len)
		b = cut(b, 0, at);
	poke(b, field, zeros(8));
	new_name(c, name, "efi");
	write_file(".", name, signed_by(pad8(b), &s));
	ask(c, r, name);
}

static void carry_out(struct carrying *c, struct kf_remedy *r,
		      struct kf_bytes file)
{
	if (c->count[r->kind] >= c->max)
		return;
	if (r->kind == KF_KEEP_SIGNATURE || r->kind == KF_REPAIR_TABLE)
		patched(c, r);
	else if (r->kind == KF_SIGN_UNDER)
		signed_anew(c, r, file);
	else
		ask(c, r, c->base);
}

static void take_case(struct carrying *c)
{
	static struct kf_remedy remedy[KF_REMEDIES_MAX];
	static struct kf_verdict v;
	struct kf_text_file text = { 0 };
	struct kf_file file = { 0 };
	struct kf_artifact artifact;
	struct kf_fault why = { 0 };
	size_t num = 0;

	need_ok(kf_file_open(&file, c->base, &why) == KF_OK &&
		kf_text_file_read(&text, c->base, FILE_MAX, &why) == KF_OK,
		c->base);
	kf_work_again(&c->work, file.source.size);
	kf_artifact_read(&artifact, NULL, &file.source, &c->work.env);
	kf_artifact_prepare(&artifact, c->rules, &c->work.env);
	need_ok(kf_check(&v, &artifact, &c->store, c->rules,
			 &c->work.env) == KF_OK &&
		kf_remedies(remedy, KF_REMEDIES_MAX, &num, &artifact,
			    &c->store, c->rules, &v, &c->work.env) == KF_OK,
		"a verdict");
	for (size_t i = 0; i < num; i++)
		carry_out(c, &remedy[i], text.bytes);
	kf_artifact_close(&artifact, &c->work.env);
	kf_text_file_close(&text);
	kf_file_close(&file);
}

int main(int argc, char **argv)
{
	static struct carrying c;
	struct kf_fault why = { 0 };
	char line[512];

	if (argc != 4) {
		fprintf(stderr, "usage: remedies RULES FOLDER MAX\n");
		return 2;
	}
	c.rules = need((void *)(uintptr_t)kf_rules_find(argv[1]), argv[1]);
	c.max = strtoul(argv[3], NULL, 10);
	need_ok(chdir(argv[2]) == 0, argv[2]);
	c.crypto = kf_openssl_open(&why);
	need_ok(c.crypto && kf_work_open(&c.work, KF_ARENA_LEN, c.crypto,
					 kf_now_s(), &why) == KF_OK &&
		kf_work_open(&c.store_work, KF_ARENA_LEN, c.crypto,
			     kf_now_s(), &why) == KF_OK, "a start");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "store "))
			take_store(&c, line);
		else if (strncmp(line, "base ", 5) == 0)
			snprintf(c.base, sizeof(c.base), "%.60s", line + 5);
		else if (strncmp(line, "case ", 5) == 0 && c.plain)
			take_case(&c);
	}
	return 0;
}
