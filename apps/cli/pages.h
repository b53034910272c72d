/* The pages about reasons and rules, as tools/embed takes them out of docs/
 * when keyfit is built.
 */
#ifndef KEYFIT_APPS_CLI_PAGES_H
#define KEYFIT_APPS_CLI_PAGES_H

/* kf_manual is one page: a reason's slug or a rule's number, what it is about
 * in one line, and the text, in Markdown. */
struct kf_manual {
	const char *name;
	const char *title;
	const char *text;
};

/* kf_manuals ends with a name of NULL. */
extern const struct kf_manual kf_manuals[];

#endif
