/* Judges many images by keyfit's rules, in the words of the batch protocol;
 * the same script goes to the real firmware.
 *
 *   rules NAME
 *   store PART=FILE...|PART=none... [mode=user|setup|off]
 *   raw-store ...         the same; base FILE; splice FILE
 *   case ID PIECE...      OFF+LEN of base, =HEX, s:OFF+LEN of splice
 *   rule ...              what a case is for; nothing to do here
 *   vars NAME=FILE@TIME|NAME=none...
 *   write ID NAME ATTRIBUTES PIECE...     one write; @FILE is a piece too
 * Answers: case ID ANSWER REASON RULE [ATTRIBUTES:LENGTH:CRC32 of what is left]
 */
#include <keyfit/host.h>

#include "analysis/change.h"
#include "core/update.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4096, PARTS = 6, VARS = 5, TIME_LEN = 24 };

static const char *const part_names[PARTS] = { "pk", "kek", "db", "dbx",
					       "dbt", "secure-boot-enable" };

/* What `vars` names, in the order of part_names. */
static const char *const var_names[VARS] = { "PK", "KEK", "db", "dbx",
					     "dbt" };

struct judge {
	const struct kf_crypto *crypto;
	const struct kf_rules *rules;
	struct kf_work work;
	struct kf_work store_work;
	struct kf_text_file part[PARTS];
	char time[VARS][TIME_LEN];	/* empty: the variable is absent */
	struct kf_store store;
	struct kf_text_file base, splice;
	uint8_t *image;
	size_t image_len, image_room;
	struct kf_fault why;
};

static void die(const struct judge *j, const char *what)
{
	fprintf(stderr, "judge: %s: %s\n", what, j->why.what);
	exit(4);
}

/* rule_of is the rule of a finding; "-" where it has none. */
static const char *rule_of(const struct kf_finding *f)
{
	return f->rule ? f->rule : "-";
}

/* read_mode: a device in user mode has a PK, which nobody looks into. */
static bool read_mode(struct judge *j, const char *word)
{
	static const uint8_t any[1] = { 0 };
	struct kf_part pk = { .name = "pk", .presence = KF_ABSENT };
	bool setup = strcmp(word, "mode=setup") == 0;
	bool off = strcmp(word, "mode=off") == 0;

	if (!setup && !off && strcmp(word, "mode=user") != 0)
		return false;
	if (!setup) {
		pk.presence = KF_PRESENT;
		pk.bytes = kf_view(any, sizeof(any));
	}
	return kf_store_put(&j->store, &pk) &&
	       (!off || kf_store_set(&j->store, "secure-boot", "off"));
}

static void read_part(struct judge *j, const char *word)
{
	for (size_t i = 0; i < PARTS; i++) {
		size_t len = strlen(part_names[i]);
		struct kf_part part = { .name = part_names[i] };

		if (strncmp(word, part_names[i], len) || word[len] != '=')
			continue;
		kf_text_file_close(&j->part[i]);
		part.presence = KF_ABSENT;
		if (strcmp(word + len + 1, "none") != 0) {
			if (kf_text_file_read(&j->part[i], word + len + 1,
					      16 << 20, &j->why) != KF_OK)
				die(j, word);
			part.presence = KF_PRESENT;
			part.bytes = j->part[i].bytes;
		}
		if (!kf_store_put(&j->store, &part))
			die(j, word);
		return;
	}
	if (!read_mode(j, word))
		die(j, word);
}

static void set_store(struct judge *j, char **word, size_t num)
{
	memset(&j->store, 0, sizeof(j->store));
	j->store.complete = true;
	for (size_t i = 1; i < num; i++)
		read_part(j, word[i]);
	kf_work_again(&j->store_work, 0);
	kf_store_prepare(&j->store, j->rules, &j->store_work.env);
	if (j->store.status != KF_OK)
		die(j, "store cannot be prepared");
}

static void append(struct judge *j, const uint8_t *from, size_t len)
{
	if (len > j->image_room - j->image_len) {
		j->image_room = (j->image_len + len) * 2;
		j->image = realloc(j->image, j->image_room);
		if (!j->image)
			die(j, "out of memory");
	}
	memcpy(j->image + j->image_len, from, len);
	j->image_len += len;
}

static unsigned nibble(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void add_piece(struct judge *j, const char *piece)
{
	const struct kf_text_file *from = &j->base;
	struct kf_bytes slice;
	char *end;
	uint64_t at;

	if (*piece == '=') {
		for (piece++; piece[0] && piece[1]; piece += 2) {
			uint8_t b = (uint8_t)(nibble(piece[0]) << 4 |
					      nibble(piece[1]));

			append(j, &b, 1);
		}
		return;
	}
	if (strncmp(piece, "s:", 2) == 0) {
		from = &j->splice;
		piece += 2;
	}
	at = strtoull(piece, &end, 10);
	if (*end != '+')
		die(j, piece);
	slice = kf_part_of(from->bytes, at, strtoull(end + 1, NULL, 10));
	append(j, slice.data, slice.len);
}

static void load(struct judge *j, struct kf_text_file *file, const char *path)
{
	kf_text_file_close(file);
	if (kf_text_file_read(file, path, 64 << 20, &j->why) != KF_OK)
		die(j, path);
}

static bool read_memory(void *self, uint64_t at, void *out, size_t len)
{
	const struct judge *j = self;

	memcpy(out, j->image + at, len);
	return true;
}

/* crc32 is the one that UEFI's CalculateCrc32 has. */
static uint32_t crc32(struct kf_bytes bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

/* say_held says what an accepted write leaves behind. */
static void say_held(struct judge *j, const char *name, uint32_t attributes)
{
	static struct kf_store after;
	struct kf_bytes file = kf_view(j->image, j->image_len);
	struct kf_change change = { .kind = KF_CHANGE_REPLACE };
	const struct kf_part *part;
	struct kf_update u;

	for (size_t i = 0; i < VARS; i++)
		if (strcmp(name, var_names[i]) == 0)
			change.part = part_names[i];
	kf_update_read(&u, file, file.len);
	change.update = file;
	change.time = u.time;
	change.timed = true;
	change.value = kf_part_of(file, u.value_at, u.value_len);
	if (attributes & 0x40)
		change.kind = KF_CHANGE_APPEND;
	if (kf_change_apply(&after, &j->store, &change, &j->work.env) != KF_OK)
		die(j, name);
	part = kf_store_part(&after, change.part);
	if (part->presence == KF_PRESENT)
		printf(" %u:%zu:%u", part->attributes, part->bytes.len,
		       crc32(part->bytes));
	else
		printf(" -");
}

/* judge_built says what becomes of what was put together; `name`: of a write of
 * this variable. */
static void judge_built(struct judge *j, const char *id, const char *name,
			uint32_t attributes)
{
	static const char *const answers[] = { "unknown", "accept", "reject" };
	static struct kf_verdict v;
	struct kf_source source = { j->image_len, read_memory, j };
	struct kf_artifact artifact;

	kf_work_again(&j->work, source.size);
	kf_artifact_read(&artifact, NULL, &source, &j->work.env);
	kf_artifact_prepare(&artifact, j->rules, &j->work.env);
	if (kf_check(&v, &artifact, &j->store, j->rules, &j->work.env) !=
	    KF_OK)
		printf("case %s fault %d -", id, artifact.status);
	else
		printf("case %s %s %s %s", id, answers[v.answer],
		       v.why.reason ? v.why.reason->slug : "-",
		       rule_of(&v.why));
	if (artifact.status == KF_OK && name && v.answer == KF_ACCEPT)
		say_held(j, name, attributes);
	printf("\n");
	kf_artifact_close(&artifact, &j->work.env);
}

static void judge_case(struct judge *j, char **word, size_t num)
{
	j->image_len = 0;
	if (num == 2)
		append(j, j->base.bytes.data, j->base.bytes.len);
	for (size_t i = 2; i < num; i++)
		add_piece(j, word[i]);
	judge_built(j, word[1], NULL, 0);
}

/* read_var reads NAME=FILE@YYYYMMDDhhmmss or NAME=none. */
static void read_var(struct judge *j, char *word)
{
	char *is = strchr(word, '='), *at = strrchr(word, '@');
	size_t i = 0;

	if (!is)
		die(j, word);
	*is++ = '\0';
	while (i < VARS && strcmp(word, var_names[i]) != 0)
		i++;
	if (i == VARS || (!at && strcmp(is, "none") != 0))
		die(j, word);
	j->time[i][0] = '\0';
	if (!at)
		return;
	*at++ = '\0';
	load(j, &j->part[i], is);
	snprintf(j->time[i], TIME_LEN, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", at,
		 at + 4, at + 6, at + 8, at + 10, at + 12);
}

static void set_vars(struct judge *j, char **word, size_t num)
{
	for (size_t i = 1; i < num; i++)
		read_var(j, word[i]);
}

/* put_vars makes the store for one write. */
static void put_vars(struct judge *j, const char *name,
		     const char *attributes)
{
	static char number[16];

	memset(&j->store, 0, sizeof(j->store));
	j->store.complete = true;
	snprintf(number, sizeof(number), "0x%.8s", attributes);
	for (size_t i = 0; i < VARS; i++) {
		struct kf_part part = { .name = part_names[i],
					.presence = KF_ABSENT };

		if (j->time[i][0]) {
			part.presence = KF_PRESENT;
			part.bytes = j->part[i].bytes;
		}
		if (!kf_store_put(&j->store, &part) ||
		    (strcmp(name, var_names[i]) == 0 && j->time[i][0] &&
		     !kf_store_set(&j->store, "time", j->time[i])))
			die(j, name);
	}
	if (!kf_store_set(&j->store, "variable", name) ||
	    !kf_store_set(&j->store, "attributes", number))
		die(j, name);
	kf_work_again(&j->store_work, 0);
	kf_store_prepare(&j->store, j->rules, &j->store_work.env);
	if (j->store.status != KF_OK)
		die(j, "store cannot be prepared");
}

static void judge_write(struct judge *j, char **word, size_t num)
{
	struct kf_text_file file = { 0 };

	if (num < 4)
		die(j, word[0]);
	put_vars(j, word[2], word[3]);
	j->image_len = 0;
	for (size_t i = 4; i < num; i++) {
		if (*word[i] != '@') {
			add_piece(j, word[i]);
			continue;
		}
		load(j, &file, word[i] + 1);
		append(j, file.bytes.data, file.bytes.len);
	}
	kf_text_file_close(&file);
	judge_built(j, word[1], word[2],
		    (uint32_t)strtoul(word[3], NULL, 16));
}

static void take_rules(struct judge *j, char **word, size_t num)
{
	j->rules = kf_rules_find(word[1]);
	if (!j->rules)
		die(j, word[1]);
}

static void take_base(struct judge *j, char **word, size_t num)
{
	load(j, &j->base, word[1]);
}

static void take_splice(struct judge *j, char **word, size_t num)
{
	load(j, &j->splice, word[1]);
}

static void pass_over(struct judge *j, char **word, size_t num)
{
}

static void take_line(struct judge *j, char *line)
{
	static const struct {
		const char *name;
		void (*take)(struct judge *j, char **word, size_t num);
	} verbs[] = {
		{ "rules", take_rules }, { "store", set_store },
		{ "raw-store", set_store }, { "base", take_base },
		{ "splice", take_splice }, { "case", judge_case },
		{ "rule", pass_over }, { "vars", set_vars },
		{ "write", judge_write },
	};
	char *word[WORDS_MAX];
	size_t num = 0;

	for (char *w = strtok(line, " \n"); w && num < WORDS_MAX;
	     w = strtok(NULL, " \n"))
		word[num++] = w;
	if (num == 0 || *word[0] == '#')
		return;
	for (size_t i = 0; num > 1 && i < sizeof(verbs) / sizeof(verbs[0]);
	     i++)
		if (strcmp(word[0], verbs[i].name) == 0 &&
		    (j->rules || i == 0)) {
			verbs[i].take(j, word, num);
			return;
		}
	die(j, word[0]);
}

int main(void)
{
	struct judge j = { 0 };
	char *line = NULL;
	size_t room = 0;

	j.crypto = kf_openssl_open(&j.why);
	if (!j.crypto ||
	    kf_work_open(&j.work, KF_ARENA_LEN, j.crypto, kf_now_s(),
			 &j.why) != KF_OK ||
	    kf_work_open(&j.store_work, KF_ARENA_LEN, j.crypto, kf_now_s(),
			 &j.why) != KF_OK)
		die(&j, "start");
	while (getline(&line, &room, stdin) > 0)
		take_line(&j, line);
	free(line);
	free(j.image);
	for (size_t i = 0; i < PARTS; i++)
		kf_text_file_close(&j.part[i]);
	kf_text_file_close(&j.base);
	kf_text_file_close(&j.splice);
	kf_work_close(&j.work);
	kf_work_close(&j.store_work);
	kf_openssl_close(j.crypto);
	return 0;
}
