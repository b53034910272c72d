/* Takes --trust and --set apart, and opens the device they name.
 */
#include "ask.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* collect takes the NAME=VALUE pairs of one option apart, in `pairs` and the
 * texts that stand in the command line. Fails: 2, 4. */
static int collect(struct kf_setting **pairs, size_t *num,
		   const struct kf_arguments *arguments, const char *name)
{
	*num = 0;
	*pairs = calloc(arguments->num_given + 1, sizeof(**pairs));
	if (!*pairs) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t i = 0; i < arguments->num_given; i++) {
		const struct kf_given *g = &arguments->given[i];
		size_t len = strcspn(g->value, "=");
		char *copy;

		if (strcmp(g->option->name, name) != 0)
			continue;
		if (len == 0 || g->value[len] != '=' || !g->value[len + 1]) {
			kf_say(g->value, strcmp(name, "set") ? "is not NAME=FILE"
			       : "is not NAME=VALUE", NULL);
			return KF_EXIT_USAGE;
		}
		copy = strndup(g->value, len);
		if (!copy) {
			kf_say(NULL, "out of memory", NULL);
			return KF_EXIT_FAULT;
		}
		(*pairs)[*num].name = copy;
		(*pairs)[(*num)++].value = g->value + len + 1;
	}
	return KF_EXIT_FITS;
}

/* drop releases what collect has made; the names are ours to free. */
static void drop(struct kf_setting *pairs, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		union { const char *text; void *memory; } name;

		name.text = pairs[i].name;
		free(name.memory);
	}
	free(pairs);
}

/* open_asked opens the device, with what else the command line says. */
static int open_asked(struct kf_device *out, struct kf_ask *ask,
		      const struct kf_arguments *arguments,
		      const struct kf_crypto *crypto, int64_t at_s)
{
	struct kf_setting *trust = NULL, *set = NULL;
	struct kf_fault why = { 0 };
	enum kf_status opened;
	int status = collect(&trust, &ask->num_trust, arguments, "trust");

	if (status == KF_EXIT_FITS)
		status = collect(&set, &ask->num_set, arguments, "set");
	ask->device = kf_argument(arguments, "device");
	ask->trust = trust;
	ask->set = set;
	if (status == KF_EXIT_FITS) {
		opened = kf_device_open(out, ask, crypto, at_s, &why);
		if (opened != KF_OK)
			status = kf_say_failure(NULL, opened, &why);
		else if (out->unread.what[0])
			kf_say_fault(NULL, &out->unread);
	}
	drop(trust, ask->num_trust);
	drop(set, ask->num_set);
	return status;
}

int kf_ask_device(struct kf_device *out, const struct kf_arguments *arguments,
		  const char *rules, const struct kf_crypto *crypto,
		  int64_t at_s)
{
	struct kf_ask ask = { .rules = rules };

	return open_asked(out, &ask, arguments, crypto, at_s);
}

int kf_ask_both(struct kf_device *out, const struct kf_arguments *arguments,
		const char *rules, const struct kf_crypto *crypto,
		int64_t at_s)
{
	struct kf_ask ask = { .rules = rules, .also = "shim" };

	return open_asked(out, &ask, arguments, crypto, at_s);
}

int kf_ask_only(struct kf_arguments *out, const struct kf_arguments *arguments,
		const struct kf_given *device)
{
	*out = *arguments;
	out->num_given = 0;
	out->given = calloc(arguments->num_given + 1, sizeof(*out->given));
	if (!out->given) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t i = 0; i < arguments->num_given; i++)
		if (&arguments->given[i] == device ||
		    strcmp(arguments->given[i].option->name, "device") != 0)
			out->given[out->num_given++] = arguments->given[i];
	return KF_EXIT_FITS;
}

int kf_ask_one(struct kf_device *out, const struct kf_arguments *arguments,
	       const struct kf_given *given, const struct kf_crypto *crypto,
	       int64_t at_s)
{
	struct kf_arguments one;
	int status = kf_ask_only(&one, arguments, given);

	if (status == KF_EXIT_FITS)
		status = kf_ask_device(out, &one,
				       kf_argument(arguments, "rules"),
				       crypto, at_s);
	free(one.given);
	return status;
}

int kf_ask_judged(const struct kf_device *device)
{
	if (device->num_verifiers)
		return KF_EXIT_FITS;
	kf_say(device->name, "keyfit knows no verifier of this device",
	       "say which one: --rules NAME");
	return KF_EXIT_FAULT;
}
