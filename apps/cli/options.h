/* A command's options: one table gives parsing, --help, the man page's check
 * and completion.
 */
#ifndef KEYFIT_APPS_CLI_OPTIONS_H
#define KEYFIT_APPS_CLI_OPTIONS_H

#include "host/output.h"

/* What may stand as a value or an operand, for completion. */
enum kf_value_kind {
	KF_VALUE_NONE = 0,	/* the option is a switch */
	KF_VALUE_ANY,
	KF_VALUE_FILE,
	KF_VALUE_PART,		/* NAME=FILE */
	KF_VALUE_SETTING,	/* NAME=VALUE */
	KF_VALUE_RULES,
	KF_VALUE_REASON,	/* a slug or a rule number */
	KF_VALUE_SHELL,
	KF_VALUE_VERB,
};

struct kf_option {
	const char *name;	/* "device", without the dashes */
	enum kf_value_kind kind;
	const char *value;	/* "FILE", for people; NULL: a switch */
	bool repeats;
	const char *title;
};

enum {
	KF_OPTIONS_MAX = 32,
};

/* kf_given is one option as it was given. */
struct kf_given {
	const struct kf_option *option;
	const char *value;
};

/* kf_arguments is a command line taken apart, in its order. */
struct kf_arguments {
	struct kf_given *given;
	size_t num_given;
	const char **operand;
	size_t num_operands;
};

/* kf_command is what a cmd_<verb>.c exports. */
struct kf_command {
	const char *operands;	/* "ARTIFACT...", for people */
	enum kf_value_kind operand_kind;
	size_t max_operands;	/* 0: any number */
	const struct kf_option *options;	/* name NULL ends */
	const char *const *examples;	/* whole command lines; NULL ends */
	/* Returns the exit status. */
	int (*run)(const struct kf_arguments *arguments);
};

/* kf_verb is one line of commands.def. */
struct kf_verb {
	const char *name;
	const char *title;
	const struct kf_command *command;
};

/* kf_verb_at walks the table; NULL after the last. */
const struct kf_verb *kf_verb_at(size_t index);
const struct kf_verb *kf_verb_find(const char *name);

/* kf_arguments_read takes a command line apart: options before, between or
 * behind operands, `--name value` or `--name=value`; `--` ends options; `-` is
 * an operand. Says what is wrong. Returns an exit status: 0, 2 or 4.
 * Owns: `out`, until kf_arguments_close. */
KF_MUST int kf_arguments_read(struct kf_arguments *out,
			      const struct kf_verb *verb, int argc,
			      char **argv);
void kf_arguments_close(struct kf_arguments *arguments);

/* kf_argument is the value of an option that was given, "" for a switch;
 * NULL: it was not given. */
const char *kf_argument(const struct kf_arguments *arguments,
			const char *name);

/* kf_arguments_only refuses options that what is done has no use for: who gave
 * one thinks that it counts. `takes` names the others, with a space between.
 * Says which. Returns an exit status: 0 or 2. */
KF_MUST int kf_arguments_only(const struct kf_arguments *arguments,
			      const char *what, const char *takes);

/* kf_argument_time reads --at; without it, it is now. Says what is wrong.
 * Returns an exit status: 0 or 2. */
KF_MUST int kf_argument_time(int64_t *out,
			     const struct kf_arguments *arguments);

/* kf_help writes a command's help, and kf_help_all the program's. */
void kf_help(struct kf_output *out, const struct kf_verb *verb);
void kf_help_all(struct kf_output *out);

#endif
