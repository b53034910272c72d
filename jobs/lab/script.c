/* Reading a script of the batch protocol, and packing it for the guest.
 *
 * What only concerns keyfit's own judgement (rules, rule) is passed over.
 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

static enum kf_status append(struct kf_script *s, const char *from,
			     size_t len, struct kf_fault *why)
{
	if (len > s->text_room - s->text_len) {
		size_t room = (s->text_len + len) * 2;
		char *more = realloc(s->text, room);

		if (!more)
			return no_memory(why);
		s->text = more;
		s->text_room = room;
	}
	memcpy(s->text + s->text_len, from, len);
	s->text_len += len;
	return KF_OK;
}

/* number_of gives a file's number, from 1; reads it when it is new. */
static enum kf_status number_of(size_t *number, struct kf_script *s,
				const char *name, struct kf_fault *why)
{
	char path[KF_LAB_PATH_MAX];
	enum kf_status status;
	size_t i = 0;

	/* The last one is the likeliest. */
	for (i = s->num_files; i > 0; i--)
		if (strcmp(s->file_name[i - 1], name) == 0) {
			*number = i;
			return KF_OK;
		}
	if (s->num_files == SCRIPT_FILES_MAX) {
		kf_fault_say(why, "ask in several goes",
			     "more than %d files", SCRIPT_FILES_MAX);
		return KF_TOO_MUCH;
	}
	snprintf(path, sizeof(path), "%s/%s",
		 *name == '/' ? "" : s->folder, name);
	status = kf_text_file_read(&s->file[s->num_files], path, 48 << 20,
				   why);
	if (status != KF_OK)
		return status;
	s->file_name[s->num_files] = strdup(name);
	if (!s->file_name[s->num_files])
		return no_memory(why);
	*number = ++s->num_files;
	return KF_OK;
}

static enum kf_status add_line(struct kf_script *s, char kind, size_t at,
			       struct kf_fault *why)
{
	if (s->num_lines == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct kf_script_line *more =
			realloc(s->line, room * sizeof(*more));

		if (!more)
			return no_memory(why);
		s->line = more;
		s->room = room;
	}
	s->line[s->num_lines].kind = kind;
	s->line[s->num_lines].at = at;
	s->line[s->num_lines++].len = s->text_len - at;
	return KF_OK;
}

/* shim's variables that a store may name; all else that is neither a list nor
 * one of these is passed over: the guest has a PK of its own. */
static bool is_shims(const char *word, size_t len)
{
	static const char *const names[] = { "mok", "mokx", "mok-sb-state",
		"mok-db-state", "mok-policy", "sbat-level", "sbat-policy" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    strncmp(word, names[i], len) == 0)
			return true;
	return false;
}

/* put_named writes NAME= and the number of the file behind it, and
 * @ATTRIBUTES where there are some. */
static enum kf_status put_named(struct kf_script *s, char *word,
				struct kf_fault *why)
{
	char *is = strchr(word, '='), *at = strchr(word, '@');
	char out[64];
	size_t number;
	enum kf_status status;

	if (at)
		*at++ = '\0';
	if (!is || strcmp(is + 1, "none") == 0 ||
	    strncmp(word, "mode=", 5) == 0)
		snprintf(out, sizeof(out), " %.60s", word);
	else if (strncmp(word, "db", 2) != 0 &&
		 !is_shims(word, (size_t)(is - word)))
		return KF_OK;
	else {
		status = number_of(&number, s, is + 1, why);
		if (status != KF_OK)
			return status;
		snprintf(out, sizeof(out), " %.*s=%zu%s%.8s",
			 (int)(is - word), word, number, at ? "@" : "",
			 at ? at : "");
	}
	return append(s, out, strlen(out), why);
}

/* put_shim writes "shim WAY FILE MM" with the files' numbers. */
static enum kf_status put_shim(struct kf_script *s, char *rest,
			       struct kf_fault *why)
{
	char *keep, *way = strtok_r(rest, " ", &keep), out[96];
	char *shim = strtok_r(NULL, " ", &keep);
	char *mm = strtok_r(NULL, " ", &keep);
	size_t number, second = 0;
	enum kf_status status;

	if (!mm || (strcmp(way, "start") != 0 &&
			 strcmp(way, "verify") != 0 &&
			 strcmp(way, "load") != 0)) {
		kf_fault_say(why, NULL, "a line shim needs start, verify or load, and two files");
		return KF_WRONG_USE;
	}
	status = number_of(&number, s, shim, why);
	if (status == KF_OK && strcmp(mm, "none") != 0)
		status = number_of(&second, s, mm, why);
	if (status != KF_OK)
		return status;
	snprintf(out, sizeof(out), "shim %s %zu ", way, number);
	if (second)
		snprintf(out + strlen(out), 24, "%zu", second);
	else
		strcat(out, "none");
	return append(s, out, strlen(out), why);
}

static enum kf_status put_store(struct kf_script *s, const char *verb,
				char *rest, struct kf_fault *why)
{
	enum kf_status status = append(s, verb, strlen(verb), why);
	char *keep;

	for (char *w = strtok_r(rest, " ", &keep); w && status == KF_OK;
	     w = strtok_r(NULL, " ", &keep))
		status = put_named(s, w, why);
	return status;
}

/* put_keys writes NAME=FILE@TIME with the file's number for its name. */
static enum kf_status put_keys(struct kf_script *s, char *rest,
			       struct kf_fault *why)
{
	enum kf_status status = append(s, "vars", 4, why);
	char *keep;

	for (char *w = strtok_r(rest, " ", &keep); w && status == KF_OK;
	     w = strtok_r(NULL, " ", &keep)) {
		char *is = strchr(w, '='), *at = strrchr(w, '@');
		char out[128];
		size_t number = 0;

		if (!is || (strcmp(is + 1, "none") != 0 && (!at || at < is))) {
			kf_fault_say(why, NULL, "no variable: %.60s", w);
			return KF_WRONG_USE;
		}
		if (at)
			*at++ = '\0';
		*is++ = '\0';
		if (at)
			status = number_of(&number, s, is, why);
		if (at)
			snprintf(out, sizeof(out), " %.20s=%zu@%.20s", w,
				 number, at);
		else
			snprintf(out, sizeof(out), " %.20s=none", w);
		if (status == KF_OK)
			status = append(s, out, strlen(out), why);
	}
	return status;
}

/* put_writes writes a case of variables, with numbers for @FILE. */
static enum kf_status put_writes(struct kf_script *s, char *rest,
				 struct kf_fault *why)
{
	enum kf_status status = append(s, "write", 5, why);
	char *keep;

	for (char *w = strtok_r(rest, " ", &keep); w && status == KF_OK;
	     w = strtok_r(NULL, " ", &keep)) {
		char out[32];
		size_t number;

		status = append(s, " ", 1, why);
		if (status == KF_OK && *w == '@') {
			status = number_of(&number, s, w + 1, why);
			snprintf(out, sizeof(out), "@%zu", number);
			w = out;
		}
		if (status == KF_OK)
			status = append(s, w, strlen(w), why);
	}
	return status;
}

static enum kf_status put_file(struct kf_script *s, const char *verb,
			       const char *name, struct kf_fault *why)
{
	char out[64];
	size_t number;
	enum kf_status status = number_of(&number, s, name, why);

	if (status != KF_OK)
		return status;
	snprintf(out, sizeof(out), "%s %zu", verb, number);
	return append(s, out, strlen(out), why);
}

static enum kf_status put_case(struct kf_script *s, const char *rest,
			       struct kf_fault *why)
{
	enum kf_status status = append(s, "case ", 5, why);

	return status == KF_OK ? append(s, rest, strlen(rest), why) : status;
}

static bool is_either(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* passed_over: it concerns keyfit's own judgement, or nobody. */
static bool passed_over(const char *verb, const char *rest)
{
	return !rest || *verb == '#' || is_either(verb, "rule", "rules");
}

static enum kf_status take_line(struct kf_script *s, char *line,
				struct kf_fault *why)
{
	char *rest = strchr(line, ' ');
	size_t at = s->text_len;
	enum kf_status status;
	char kind = 'c';

	if (rest)
		*rest++ = '\0';
	if (passed_over(line, rest))
		return KF_OK;
	if (is_either(line, "store", "raw-store")) {
		kind = 's';
		status = put_store(s, line, rest, why);
	} else if (is_either(line, "base", "splice")) {
		kind = *line == 'b' ? 'b' : 'p';
		status = put_file(s, line, rest, why);
	} else if (strcmp(line, "vars") == 0) {
		kind = 'v';
		status = put_keys(s, rest, why);
	} else if (strcmp(line, "write") == 0) {
		status = put_writes(s, rest, why);
	} else if (strcmp(line, "shim") == 0) {
		kind = 'h';
		status = put_shim(s, rest, why);
	} else if (strcmp(line, "case") == 0) {
		status = put_case(s, rest, why);
	} else {
		kf_fault_say(why, NULL, "no word of a script: %.60s", line);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		status = append(s, "\n", 1, why);
	return status == KF_OK ? add_line(s, kind, at, why) : status;
}

enum kf_status kf_script_read(struct kf_script *out, struct kf_bytes text,
			      const char *folder, struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	char *copy = malloc(text.len + 1), *line = copy;

	memset(out, 0, sizeof(*out));
	out->folder = folder;
	if (!copy)
		return no_memory(why);
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	while (line && *line && status == KF_OK) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		status = take_line(out, line, why);
		line = end;
	}
	free(copy);
	if (status != KF_OK)
		kf_script_close(out);
	return status;
}

void kf_script_close(struct kf_script *script)
{
	for (size_t i = 0; i < script->num_files; i++) {
		kf_text_file_close(&script->file[i]);
		free(script->file_name[i]);
	}
	free(script->text);
	free(script->line);
	memset(script, 0, sizeof(*script));
}

static void put64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* last_of finds the last line of a kind before `from`; `from` when there is
 * none. */
static size_t last_of(const struct kf_script *s, char kind, size_t from)
{
	for (size_t i = from; i > 0; i--)
		if (s->line[i - 1].kind == kind)
			return i - 1;
	return from;
}

/* put_script writes the lines that the guest gets; with `out` NULL it counts
 * them alone. */
static size_t put_script(uint8_t *out, const struct kf_script *s, size_t from)
{
	size_t len = 0, tail = from < s->num_lines ? s->line[from].at
						   : s->text_len;

	for (const char *kind = "sbpvh"; *kind; kind++) {
		size_t i = last_of(s, *kind, from);

		if (i == from)
			continue;
		if (out)
			memcpy(out + len, s->text + s->line[i].at,
			       s->line[i].len);
		len += s->line[i].len;
	}
	if (out)
		memcpy(out + len, s->text + tail, s->text_len - tail);
	return len + s->text_len - tail;
}

uint8_t *kf_script_pack(size_t *len, const struct kf_script *s, size_t from,
			struct kf_fault *why)
{
	size_t script_len = put_script(NULL, s, from);
	size_t at = 16 + 8 * (s->num_files + 1);
	uint8_t *out;

	*len = at + padded(script_len);
	for (size_t i = 0; i < s->num_files; i++)
		*len += padded(s->file[i].bytes.len);
	out = calloc(1, *len);
	if (!out) {
		(void)no_memory(why);
		return NULL;
	}
	memcpy(out, "KFPACK1\n", 8);
	put64(out + 8, s->num_files + 1);
	put64(out + 16, script_len);
	put_script(out + at, s, from);
	at += padded(script_len);
	for (size_t i = 0; i < s->num_files; i++) {
		struct kf_bytes b = s->file[i].bytes;

		put64(out + 24 + 8 * i, b.len);
		if (b.len)
			memcpy(out + at, b.data, b.len);
		at += padded(b.len);
	}
	return out;
}

size_t kf_script_next(const struct kf_script *s, size_t from)
{
	while (from < s->num_lines && s->line[from].kind != 'c')
		from++;
	return from;
}

void kf_script_id(char out[KF_LAB_ID_MAX], const struct kf_script *s,
		  size_t line)
{
	const char *id = strchr(s->text + s->line[line].at, ' ') + 1;

	snprintf(out, KF_LAB_ID_MAX, "%.*s", (int)strcspn(id, " \n"), id);
}
