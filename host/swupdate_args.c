/* Shell snippets as Debian's swupdate.sh reads them, as far as they only set
 * variables, and the command line that they end in.
 *
 * Source: Debian's package swupdate 2022.12+dfsg-4+deb12u3,
 * /usr/lib/swupdate/swupdate.sh; sbabic/swupdate, core/swupdate.c (main), tag
 * 2022.12.
 */
#include "swupdate_args.h"

#include <ctype.h>
#include <string.h>

static char *find(struct kf_swupdate_names *names, const char *name)
{
	for (size_t i = 0; i < names->num; i++)
		if (strcmp(names->name[i], name) == 0)
			return names->value[i];
	return NULL;
}

const char *kf_swupdate_value(const struct kf_swupdate_names *names,
			      const char *name)
{
	for (size_t i = 0; i < names->num; i++)
		if (strcmp(names->name[i], name) == 0)
			return names->value[i];
	return "";
}

bool kf_swupdate_assign(struct kf_swupdate_names *names, const char *name,
			const char *value)
{
	char *old = find(names, name);

	if (strlen(name) >= sizeof(names->name[0]) ||
	    strlen(value) >= KF_SWUPDATE_TEXT_MAX)
		return false;
	if (!old) {
		if (names->num == KF_SWUPDATE_NAMES_MAX)
			return false;
		strcpy(names->name[names->num], name);
		old = names->value[names->num++];
	}
	memmove(old, value, strlen(value) + 1);
	return true;
}

/* writing is a value while it is put together. */
struct writing {
	char text[KF_SWUPDATE_TEXT_MAX];
	size_t len;
	bool good;
};

static void put(struct writing *w, const char *text, size_t len)
{
	if (len >= sizeof(w->text) - w->len) {
		w->good = false;
		return;
	}
	memcpy(w->text + w->len, text, len);
	w->len += len;
}

static size_t name_len(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return isdigit((unsigned char)text[0]) ? 0 : n;
}

/* expand puts a variable's value, and returns what stands behind it. */
static const char *expand(struct writing *w, const char *at,
			  const struct kf_swupdate_names *names)
{
	bool braces = at[1] == '{';
	const char *from = at + (braces ? 2 : 1);
	size_t len = name_len(from);
	char name[64];

	if (len == 0 || len >= sizeof(name) || (braces && from[len] != '}')) {
		w->good = false;
		return at + 1;
	}
	memcpy(name, from, len);
	name[len] = '\0';
	put(w, kf_swupdate_value(names, name),
	    strlen(kf_swupdate_value(names, name)));
	return from + len + braces;
}

/* quoted puts what stands between quotes. */
static const char *quoted(struct writing *w, const char *at,
			  const struct kf_swupdate_names *names)
{
	char mark = *at++;

	while (*at && *at != mark && w->good) {
		if (mark == '"' && *at == '$') {
			at = expand(w, at, names);
		} else if (mark == '"' && (*at == '`' || *at == '\\')) {
			w->good = false;
		} else {
			put(w, at++, 1);
		}
	}
	w->good = w->good && *at == mark;
	return w->good ? at + 1 : at;
}

/* value reads one up to its end. */
static const char *value(struct writing *w, const char *at,
			 const struct kf_swupdate_names *names)
{
	while (*at && !isspace((unsigned char)*at) && *at != ';' && w->good) {
		if (*at == '"' || *at == '\'')
			at = quoted(w, at, names);
		else if (*at == '$')
			at = expand(w, at, names);
		else if (strchr("`\\&|<>()*?[~", *at))
			w->good = false;
		else
			put(w, at++, 1);
	}
	return at;
}

/* skip steps over blanks and comments. */
static const char *skip(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n;");
		if (*at != '#')
			return at;
		at += strcspn(at, "\n");
	}
}

bool kf_swupdate_snippet(struct kf_swupdate_names *names, const char *text)
{
	const char *at = skip(text);

	while (*at) {
		struct writing w = { .len = 0, .good = true };
		size_t len;
		char name[64];

		if (strncmp(at, "export ", 7) == 0)
			at += 7 + strspn(at + 7, " \t");
		len = name_len(at);
		if (len == 0 || len >= sizeof(name) || at[len] != '=')
			return false;
		memcpy(name, at, len);
		name[len] = '\0';
		at = value(&w, at + len + 1, names);
		w.text[w.len] = '\0';
		/* A word behind it would be a command, with this in its
		 * environment alone. */
		at += strspn(at, " \t");
		if (!w.good || !(*at == '\0' || strchr("\r\n;#", *at)) ||
		    !kf_swupdate_assign(names, name, w.text))
			return false;
		at = skip(at);
	}
	return true;
}

/* options has those that take a value; `tells`: it decides about updates. */
static const struct {
	char letter;
	const char *name;
	bool tells;
} options[] = {
	{ 'k', "key", true }, { 'k', "ca-path", true },
	{ 'f', "file", true }, { 'H', "hwrevision", true },
	{ 'e', "select", true }, { 'N', "no-downgrading", true },
	{ 'R', "no-reinstalling", true }, { 'K', "key-aes", true },
	{ 0, "max-version", true }, { 0, "cert-purpose", true },
	{ 0, "forced-signer-name", true }, { 'i', "image", false },
	{ 'o', "output", false }, { 'l', "loglevel", false },
	{ 'q', "accepted-select", false }, { 'p', "postupdate", false },
	{ 'P', "preupdate", false }, { 'B', "bootloader", false },
	{ 'b', "blacklist", false },
};

enum { NUM_OPTIONS = sizeof(options) / sizeof(options[0]), WORDS_MAX = 128 };

/* by_letter, by_name: the option, or NUM_OPTIONS. */
static size_t by_letter(char letter)
{
	size_t i = 0;

	while (i < NUM_OPTIONS && options[i].letter != letter)
		i++;
	return i;
}

static size_t by_name(const char *name, size_t len)
{
	size_t i = 0;

	while (i < NUM_OPTIONS && (strlen(options[i].name) != len ||
				   strncmp(options[i].name, name, len) != 0))
		i++;
	return i;
}

/* words is a command line taken apart. */
struct words {
	char *word[WORDS_MAX];
	size_t num, at;
	kf_swupdate_option *take;
	void *self;
};

/* give hands an option on, with the word behind it where it has no value. */
static bool give(struct words *w, size_t found, const char *value)
{
	if (!value && w->at + 1 < w->num)
		value = w->word[++w->at];
	if (!value)
		return false;
	return found == NUM_OPTIONS || !options[found].tells ||
	       w->take(w->self, options[found].name, value);
}

/* long_option takes one by its name, whole: SWUpdate takes shorter forms too,
 * which are not told apart here. */
static bool long_option(struct words *w, const char *name)
{
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	size_t found = by_name(name, len);

	if (found < NUM_OPTIONS)
		return give(w, found, equals ? equals + 1 : NULL);
	for (size_t i = 0; i < NUM_OPTIONS; i++)
		if (strncmp(options[i].name, name, len) == 0)
			return false;
	return !equals;
}

/* letters takes one word of options that are a letter each. */
static bool letters(struct words *w, const char *at)
{
	for (; *at; at++) {
		size_t found = by_letter(*at);

		if (found < NUM_OPTIONS || strchr("uwd", *at))
			return give(w, found, at[1] ? at + 1 : NULL);
		if (!strchr("vhngLcMm", *at))
			return false;
	}
	return true;
}

/* option takes one word, and the next where that is its value. */
static bool option(struct words *w)
{
	const char *text = w->word[w->at];

	if (text[0] != '-' || !text[1] || strcmp(text, "--") == 0)
		return false;
	return text[1] == '-' ? long_option(w, text + 2)
			      : letters(w, text + 1);
}

bool kf_swupdate_options(const char *line, kf_swupdate_option *take,
			 void *self)
{
	struct words w = { .take = take, .self = self };
	char text[KF_SWUPDATE_TEXT_MAX], *rest = NULL;

	if (strlen(line) >= sizeof(text))
		return false;
	strcpy(text, line);
	for (char *one = strtok_r(text, " \t\n", &rest); one;
	     one = strtok_r(NULL, " \t\n", &rest)) {
		if (w.num == WORDS_MAX)
			return false;
		w.word[w.num++] = one;
	}
	for (; w.at < w.num; w.at++)
		if (!option(&w))
			return false;
	return true;
}
