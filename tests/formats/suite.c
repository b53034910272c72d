/* What every line of formats.def and stores.def gets without being asked: each
 * sample of at most 8 KiB is cut at every length and changed in every byte;
 * what comes of it is read, described, prepared and judged twice, inside its
 * bounds, and both times the same is said.
 *
 * Usage: suite format|store NAME FOLDER... (of samples; some may not exist)
 */
#define _GNU_SOURCE
#include "fuzz/world.h"

#include "fuzz/arena.h"

#include <keyfit/host.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLE_MAX = 8192, TRUST_MAX = 1 << 16 };

static const struct kf_format *format;
static const struct kf_store_kind *kind;
static struct kf_bytes signer, revoked, image;

/* world.c is made for fuzzers; none of them is here. */
void fuzz(struct kf_bytes input)
{
}

#ifndef GUARDED
void guard_all(struct kf_arena *arena)
{
	arena->used = 0;
}
#endif

/* said is a sum over all that was said of one input. */
struct said {
	uint64_t sum;
	int depth;
};

static void say(struct said *said, const void *data, size_t len)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < len; i++)
		said->sum = (said->sum ^ byte[i]) * UINT64_C(0x100000001b3);
}

static void say_text(struct said *said, const char *text)
{
	if (text)
		say(said, text, strlen(text) + 1);
}

static void take_fact(void *self, const struct kf_fact *fact)
{
	struct said *said = self;

	say(said, &fact->kind, sizeof(fact->kind));
	say_text(said, fact->name);
	say(said, &fact->number, sizeof(fact->number));
	say(said, fact->bytes.data, fact->bytes.len);
	said->depth += fact->kind == KF_FACT_OPEN;
	said->depth -= fact->kind == KF_FACT_CLOSE;
	HOLDS(said->depth >= 0);
}

static void say_finding(struct said *said, const struct kf_finding *f)
{
	say_text(said, f->reason ? f->reason->slug : "-");
	say_text(said, f->rule);
	HOLDS(f->num_evidence <= KF_EVIDENCE_MAX);
	for (size_t i = 0; i < f->num_evidence; i++) {
		const struct kf_evidence *e = &f->evidence[i];

		say_text(said, e->name);
		say_text(said, e->text);
		say(said, e->bytes.data, e->bytes.len);
		say(said, &e->at, sizeof(e->at));
		say(said, &e->value, sizeof(e->value));
	}
}

static void put(struct kf_store *store, const char *name,
		struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .presence = KF_PRESENT,
				.bytes = bytes };

	HOLDS(kf_store_put(store, &part));
}

/* judge asks one verifier of one artifact and one store, both of which were
 * read. */
static void judge(struct said *said, struct kf_artifact *artifact,
		  struct kf_store *store, const struct kf_rules *rules,
		  struct kf_env *env)
{
	static struct kf_verdict v;
	enum kf_status status;

	kf_store_prepare(store, rules, env);
	kf_artifact_prepare(artifact, rules, env);
	status = kf_check(&v, artifact, store, rules, env);
	say(said, &status, sizeof(status));
	if (status != KF_OK)
		return;
	world_verdict(&v);
	say(said, &v.answer, sizeof(v.answer));
	say_text(said, v.outcome);
	say_finding(said, &v.why);
	for (size_t i = 0; i < v.num_warnings; i++)
		say_finding(said, &v.warning[i]);
}

static void take_format(struct said *said, struct kf_bytes input)
{
	struct kf_bytes head = kf_part_of(input, 0, input.len < 4096
					  ? input.len : 4096);
	struct kf_source source = world_source(&input);
	struct kf_env *env = world_env(input.len);
	struct kf_sink sink = { take_fact, said };
	struct kf_store store = { .complete = true };
	struct kf_artifact artifact;
	bool mine = format->recognise(head, &source);

	say(said, &mine, sizeof(mine));
	kf_artifact_read(&artifact, format, &source, env);
	for (size_t i = 0; i < artifact.num_damage; i++)
		say_text(said, artifact.damage[i].field);
	if (artifact.status == KF_OK)
		format->describe(&artifact, env, &sink);
	kf_artifact_close(&artifact, env);
	env = world_env(input.len);
	put(&store, "db", signer);
	put(&store, "dbx", revoked);
	HOLDS(kf_store_set(&store, "secure-boot", "on"));
	kf_artifact_read(&artifact, format, &source, env);
	judge(said, &artifact, &store, world_rules(input), env);
	kf_artifact_close(&artifact, env);
}

static void take_store(struct said *said, struct kf_bytes input)
{
	const struct kf_rules *rules = world_rules(input);
	struct kf_env *env = world_env(input.len);
	struct kf_sink sink = { take_fact, said };
	struct kf_source source = world_source(&image);
	static struct kf_store store;
	struct kf_artifact artifact;
	bool mine = kind->recognise(input);

	say(said, &mine, sizeof(mine));
	kf_store_read(&store, kind, input, env);
	for (size_t i = 0; i < store.num_parts; i++)
		say_text(said, store.part[i].name);
	if (store.status == KF_OK)
		kind->describe(&store, input, env, &sink);
	env = world_env(input.len + image.len);
	kf_store_read(&store, kind, input, env);
	/* A file of one part stands for all of them. */
	if (!kind->whole && store.num_parts == 1)
		for (const char *const *p = rules->verifier->parts; *p; p++)
			put(&store, *p, store.part[0].bytes);
	kf_artifact_read(&artifact, NULL, &source, env);
	judge(said, &artifact, &store, rules, env);
	kf_artifact_close(&artifact, env);
}

/* take runs one input, in memory of exactly its size, twice. */
static uint64_t take(struct kf_bytes input)
{
	struct said said[2];

	for (int i = 0; i < 2; i++) {
		struct said none = { UINT64_C(0xcbf29ce484222325), 0 };
		uint8_t *exact = malloc(input.len ? input.len : 1), *unfolded;
		struct kf_bytes view;

		HOLDS(exact);
		if (input.len)
			memcpy(exact, input.data, input.len);
		view = world_unfold(kf_view(exact, input.len), &unfolded);
		said[i] = none;
		if (format)
			take_format(&said[i], view);
		else
			take_store(&said[i], view);
		HOLDS(said[i].depth == 0);
		free(unfolded);
		free(exact);
	}
	HOLDS(said[0].sum == said[1].sum);
	return said[0].sum;
}

/* sweep takes a sample whole, cut at every length, and with every byte
 * changed, in one of three ways after the other. Returns how many inputs these
 * were. */
static size_t sweep(struct kf_bytes sample, size_t *differ)
{
	static const uint8_t change[] = { 0x01, 0x80, 0xff };
	uint8_t *copy = malloc(sample.len ? sample.len : 1);
	uint64_t whole = take(sample);
	size_t num = 1;

	HOLDS(copy);
	for (size_t len = 0; len < sample.len; len++, num++)
		*differ += take(kf_view(sample.data, len)) != whole;
	if (sample.len)
		memcpy(copy, sample.data, sample.len);
	for (size_t i = 0; i < sample.len; i++, num++) {
		uint8_t was = copy[i];

		copy[i] ^= change[i % sizeof(change)];
		*differ += take(kf_view(copy, sample.len)) != whole;
		copy[i] = was;
	}
	free(copy);
	return num;
}

/* count is what a run adds up to. */
struct count {
	size_t samples, inputs, differ, recognised;
};

static void take_sample(struct count *count, const char *path)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };
	struct kf_source source;

	if (kf_text_file_read(&file, path, SAMPLE_MAX, &why) != KF_OK)
		return;
	count->samples++;
	source = world_source(&file.bytes);
	count->recognised += format ? format->recognise(kf_part_of(file.bytes,
			0, file.bytes.len < 4096 ? file.bytes.len : 4096),
			&source) : kind->recognise(file.bytes);
	count->inputs += sweep(file.bytes, &count->differ);
	kf_text_file_close(&file);
}

static void take_folder(struct count *count, const char *path)
{
	DIR *folder = opendir(path);
	char file[PATH_MAX];
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		take_sample(count, file);
	}
	if (folder)
		closedir(folder);
}

static struct kf_bytes load(const char *path)
{
	static struct kf_text_file file[3];
	static size_t num;
	struct kf_fault why = { "", "" };

	HOLDS(kf_text_file_read(&file[num], path, TRUST_MAX, &why) == KF_OK);
	return file[num++].bytes;
}

static bool find(const char *table, const char *name)
{
	for (size_t i = 0; strcmp(table, "format") == 0; i++) {
		format = kf_format_at(i);
		if (!format || strcmp(format->name, name) == 0)
			return format;
	}
	for (size_t i = 0; (kind = kf_store_kind_at(i)); i++)
		if (strcmp(kind->name, name) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct count count = { 0 };

	if (argc < 4 || !find(argv[1], argv[2])) {
		fprintf(stderr, "usage: suite format|store NAME FOLDER...\n");
		return 2;
	}
	signer = load("fuzz/corpus/store-esl/x509");
	revoked = load("fuzz/corpus/store-esl/sha256");
	image = load("fuzz/corpus/format-pe/signed");
	for (int i = 3; i < argc; i++)
		take_folder(&count, argv[i]);
	printf("1..2\n");
	printf("# %zu samples, %zu recognised, %zu inputs, %zu of them told apart from their sample\n",
	       count.samples, count.recognised, count.inputs, count.differ);
	printf("%sok 1 - every cut and change of a %s is read and judged twice alike%s\n",
	       count.samples && !count.differ ? "not " : "", argv[2],
	       count.samples ? "" : " # SKIP it has no samples");
	printf("%sok 2 - samples of %s are recognised%s\n",
	       count.samples && !count.recognised ? "not " : "", argv[2],
	       count.samples ? "" : " # SKIP it has no samples");
	return 0;
}
