/* keyfit: will this firmware's signing keys fit this device?
 *
 * Finds the verb, takes its command line apart, runs it. Nothing is decided
 * here.
 */
#include "options.h"
#include "say.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name, title) extern const struct kf_command kf_cmd_##name;
#include "commands.def"
#undef COMMAND
/* A hyphen is no part of a name in C. */
#define audit_log audit-log
#define WORD(name) #name
#define COMMAND(name, title) { WORD(name), title, &kf_cmd_##name },
static const struct kf_verb verbs[] = {
#include "commands.def"
};
#undef COMMAND

const struct kf_verb *kf_verb_at(size_t index)
{
	return index < sizeof(verbs) / sizeof(verbs[0]) ? &verbs[index] : NULL;
}

const struct kf_verb *kf_verb_find(const char *name)
{
	const struct kf_verb *verb;

	for (size_t i = 0; (verb = kf_verb_at(i)); i++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

static int help(const struct kf_verb *verb)
{
	struct kf_output out = { 0 };

	if (verb)
		kf_help(&out, verb);
	else
		kf_help_all(&out);
	return kf_put_answer(&out);
}

static int version(void)
{
	struct kf_output out = { 0 };

	kf_output_print(&out, "keyfit %s\n", KEYFIT_VERSION);
	return kf_put_answer(&out);
}

static int no_such_verb(const char *name)
{
	struct kf_nearest nearest = { .wanted = name };
	const struct kf_verb *verb;
	char hint[160];

	for (size_t i = 0; (verb = kf_verb_at(i)); i++)
		kf_nearest_weigh(&nearest, verb->name);
	kf_hint_nearest(hint, sizeof(hint), &nearest, "keyfit ",
			"keyfit --help lists the verbs");
	kf_say(name, name[0] == '-' ? "no such option before a verb"
				    : "no such verb", hint);
	return KF_EXIT_USAGE;
}

static int help_on(int argc, char **argv)
{
	const struct kf_verb *verb = argc > 0 ? kf_verb_find(argv[0]) : NULL;

	if (argc > 0 && !verb)
		return no_such_verb(argv[0]);
	return help(verb);
}

static int run(const struct kf_verb *verb, int argc, char **argv)
{
	struct kf_arguments arguments;
	int status = kf_arguments_read(&arguments, verb, argc, argv);

	if (status != KF_EXIT_FITS)
		return status;
	if (kf_argument(&arguments, "help"))
		status = help(verb);
	else
		status = verb->command->run(&arguments);
	kf_arguments_close(&arguments);
	return status;
}

/* hold_streams: what was closed stays useless, but its number is taken. The
 * first file that is opened would else be standard output, and the answer be
 * written into a log. */
static void hold_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY
							 : O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	const struct kf_verb *verb;

	hold_streams();
	kf_openssl_watch_memory();
	/* Whoever stops reading ends us without a word. */
	signal(SIGPIPE, SIG_DFL);
	/* A file that may not grow is an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		kf_say(NULL, "no verb", "keyfit --help lists the verbs");
		return KF_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	if (strcmp(argv[1], "--version") == 0)
		return version();
	if (strcmp(argv[1], "help") == 0)
		return help_on(argc - 2, argv + 2);
	verb = kf_verb_find(argv[1]);
	return verb ? run(verb, argc - 2, argv + 2) : no_such_verb(argv[1]);
}
