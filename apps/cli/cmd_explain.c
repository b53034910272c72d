/* keyfit explain: what a reason or a rule means.
 */
#include "options.h"
#include "pages.h"
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct kf_option options[] = {
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit explain certificate-revoked",
	"keyfit explain UEFI-29",
	"keyfit explain",
	NULL,
};

static const struct kf_manual *find(const char *name)
{
	for (const struct kf_manual *m = kf_manuals; m->name; m++)
		if (strcasecmp(m->name, name) == 0)
			return m;
	return NULL;
}

/* no_such tells what is near. A number is near to no other number. */
static int no_such(const char *name)
{
	struct kf_nearest nearest = { .wanted = name };
	char hint[160];

	for (const struct kf_manual *m = kf_manuals; m->name; m++)
		if (strpbrk(m->name, "0123456789") == NULL)
			kf_nearest_weigh(&nearest, m->name);
	kf_hint_nearest(hint, sizeof(hint), &nearest, "keyfit explain ",
			"keyfit explain lists all reasons and rules");
	kf_say(name, "is no reason and no rule", hint);
	return KF_EXIT_USAGE;
}

/* show writes a page. A rule names its sources by the short names of its
 * family. */
static void show(struct kf_output *out, const struct kf_manual *m)
{
	char family[32];
	size_t len = strcspn(m->name, "-");

	kf_output_print(out, "%s: %s\n\n%s", m->name, m->title, m->text);
	snprintf(family, sizeof(family), "%.*s", (int)len, m->name);
	if (m->name[len] && find(family))
		kf_output_print(out, "\nshort names of sources: keyfit explain %s\n",
				family);
}

static int run(const struct kf_arguments *arguments)
{
	struct kf_output out = { 0 };
	const struct kf_manual *m;

	if (arguments->num_operands == 0) {
		for (m = kf_manuals; m->name; m++)
			kf_output_print(&out, "%-28s %s\n", m->name,
					m->title);
		return kf_put_answer(&out);
	}
	m = find(arguments->operand[0]);
	if (!m)
		return no_such(arguments->operand[0]);
	show(&out, m);
	return kf_put_answer(&out);
}

const struct kf_command kf_cmd_explain = {
	.operands = "[REASON|RULE]",
	.operand_kind = KF_VALUE_REASON,
	.max_operands = 1,
	.options = options,
	.examples = examples,
	.run = run,
};
