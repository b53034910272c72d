/* Which options of keyfit strip go together, and where it may write: nothing is
 * overwritten that the command line does not name for it.
 */
#include "strip_ask.h"

#include "host/replace.h"
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct kf_option kf_strip_options[] = {
	{ "list", KF_VALUE_NONE, NULL, false, "show the file's signatures" },
	{ "signature", KF_VALUE_ANY, "N", true, "take signature N off" },
	{ "all", KF_VALUE_NONE, NULL, false, "take every signature off" },
	{ "attach", KF_VALUE_FILE, "SIGNATURE", true,
	  "put a detached signature on, behind the others (PKCS#7, DER)" },
	{ "order", KF_VALUE_ANY, "N,N,...", false,
	  "put the signatures in this order" },
	{ "detach", KF_VALUE_ANY, "N", false,
	  "write signature N into a file of its own" },
	{ "compare", KF_VALUE_FILE, "OTHER", false,
	  "are both files one image, signatures aside?" },
	{ "output", KF_VALUE_FILE, "OUT", false,
	  "the file to write; - is standard output" },
	{ "in-place", KF_VALUE_NONE, NULL, false, "write into FILE itself" },
	{ "dry-run", KF_VALUE_NONE, NULL, false, "do all but write" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

/* What there is to do, and what may stand beside it. */
static const struct {
	const char *name;
	enum kf_strip_action action;
	const char *with[6];
} actions[] = {
	{ "list", KF_STRIP_LIST, { "json" } },
	{ "compare", KF_STRIP_COMPARE, { "json" } },
	{ "detach", KF_STRIP_DETACH, { "output", "dry-run" } },
	{ "signature", KF_STRIP_CHANGE,
	  { "attach", "output", "in-place", "dry-run", "json" } },
	{ "all", KF_STRIP_CHANGE,
	  { "attach", "output", "in-place", "dry-run", "json" } },
	{ "attach", KF_STRIP_CHANGE,
	  { "output", "in-place", "dry-run", "json" } },
	{ "order", KF_STRIP_CHANGE,
	  { "output", "in-place", "dry-run", "json" } },
};

enum { NUM_ACTIONS = sizeof(actions) / sizeof(actions[0]) };

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

static bool goes_with(size_t action, const char *name)
{
	if (strcmp(actions[action].name, name) == 0)
		return true;
	for (size_t i = 0; i < 6 && actions[action].with[i]; i++)
		if (strcmp(actions[action].with[i], name) == 0)
			return true;
	return false;
}

/* pick finds what is to be done: the first that all options go with. */
static int pick(struct kf_strip_ask *out, const struct kf_arguments *arguments)
{
	const char *doing = NULL, *odd = NULL;

	for (size_t i = 0; i < NUM_ACTIONS && !out->action; i++) {
		if (!kf_argument(arguments, actions[i].name))
			continue;
		doing = actions[i].name;
		out->action = actions[i].action;
		for (size_t j = 0; j < arguments->num_given; j++) {
			odd = arguments->given[j].option->name;
			if (!goes_with(i, odd))
				break;
			odd = NULL;
		}
	}
	if (odd) {
		char what[80];

		snprintf(what, sizeof(what), "--%s does not go with --%s", odd,
			 doing);
		return usage(NULL, what, "one thing at a time; --attach goes with --signature and --all");
	}
	return doing ? KF_EXIT_FITS
		     : usage(NULL, "nothing to do", "keyfit strip --list FILE shows its signatures");
}

/* check_output: the file to write is none of those that are read. */
static int check_output(const struct kf_strip_ask *ask)
{
	if (strcmp(ask->output, "-") == 0)
		return isatty(STDOUT_FILENO) && !ask->dry_run
			? usage("-", "binary data do not go to a terminal", "say --output FILE")
			: KF_EXIT_FITS;
	if (kf_is_one_file(ask->output, ask->path))
		return usage(ask->output, "is the file that is read",
			     ask->action == KF_STRIP_CHANGE
			     ? "--in-place writes into it"
			     : "name another one");
	for (size_t i = 0; i < ask->num_attach; i++)
		if (kf_is_one_file(ask->output, ask->attach[i]))
			return usage(ask->output, "is the signature that is to be attached", "name another one");
	return KF_EXIT_FITS;
}

static int check_target(const struct kf_strip_ask *ask)
{
	if (ask->action != KF_STRIP_CHANGE && ask->action != KF_STRIP_DETACH)
		return KF_EXIT_FITS;
	if (ask->output && ask->in_place)
		return usage(NULL, "--output does not go with --in-place", NULL);
	if (ask->output)
		return check_output(ask);
	if (ask->in_place && strcmp(ask->path, "-") == 0)
		return usage("-", "standard input cannot be written to", "say --output FILE");
	if (ask->in_place || ask->dry_run)
		return KF_EXIT_FITS;
	return usage(NULL, "where is it to be written?",
		     ask->action == KF_STRIP_CHANGE
		     ? "say --output FILE, or --in-place to write into the file itself"
		     : "say --output FILE");
}

/* read_number reads a signature's number. */
static bool read_number(struct kf_strip_ask *out, uint32_t *number,
			const char *text, size_t len)
{
	*number = 0;
	if (len == 0 || len > 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + (uint32_t)(text[i] - '0');
	}
	if (*number > out->highest)
		out->highest = *number;
	return *number >= 1 && *number <= KF_SIGNATURES_MAX;
}

static int no_number(const char *text)
{
	return usage(text, "is no signature's number", "they count from 1: keyfit strip --list FILE");
}

/* read_order reads "2,1". Each stands there once. */
static int read_order(struct kf_strip_ask *out, const char *text)
{
	bool seen[KF_SIGNATURES_MAX + 1] = { false };

	for (const char *at = text;; at++) {
		size_t len = strcspn(at, ",");
		uint32_t number;

		if (!read_number(out, &number, at, len))
			return no_number(text);
		if (seen[number])
			return usage(text, "names a signature twice", NULL);
		seen[number] = true;
		out->order[out->num_order++] = number;
		at += len;
		if (!*at)
			return KF_EXIT_FITS;
	}
}

/* take reads one option that has a value of its own kind. */
static int take(struct kf_strip_ask *out, const struct kf_given *g)
{
	const char *name = g->option->name;
	uint32_t number;

	if (strcmp(name, "order") == 0)
		return read_order(out, g->value);
	if (strcmp(name, "attach") == 0) {
		if (out->num_attach == KF_STRIP_ATTACH_MAX)
			return usage(g->value, "is one signature too many at a time", NULL);
		out->attach[out->num_attach++] = g->value;
		return KF_EXIT_FITS;
	}
	if (strcmp(name, "signature") != 0 && strcmp(name, "detach") != 0)
		return KF_EXIT_FITS;
	if (!read_number(out, &number, g->value, strlen(g->value)))
		return no_number(g->value);
	if (strcmp(name, "detach") == 0)
		out->detach = number;
	else
		out->removed[number] = true;
	return KF_EXIT_FITS;
}

/* check_stdin: standard input can be read once. */
static int check_stdin(const struct kf_strip_ask *ask)
{
	int num = strcmp(ask->path, "-") == 0;

	num += ask->other && strcmp(ask->other, "-") == 0;
	for (size_t i = 0; i < ask->num_attach; i++)
		num += strcmp(ask->attach[i], "-") == 0;
	return num > 1 ? usage("-", "standard input can be read once", NULL)
		       : KF_EXIT_FITS;
}

int kf_strip_read(struct kf_strip_ask *out,
		  const struct kf_arguments *arguments)
{
	int status;

	memset(out, 0, sizeof(*out));
	if (arguments->num_operands == 0)
		return usage(NULL, "no file", "usage: keyfit strip FILE [OPTION...]");
	out->path = arguments->operand[0];
	out->other = kf_argument(arguments, "compare");
	out->output = kf_argument(arguments, "output");
	out->in_place = kf_argument(arguments, "in-place");
	out->dry_run = kf_argument(arguments, "dry-run");
	out->json = kf_argument(arguments, "json");
	out->all = kf_argument(arguments, "all");
	status = pick(out, arguments);
	for (size_t i = 0; i < arguments->num_given &&
			   status == KF_EXIT_FITS; i++)
		status = take(out, &arguments->given[i]);
	if (status == KF_EXIT_FITS)
		status = check_stdin(out);
	return status == KF_EXIT_FITS ? check_target(out) : status;
}
