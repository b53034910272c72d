/* Opens the fleet that a command line names.
 */
#include "fleet_ask.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* shown_name leaves out who logs in at a server, and with what. */
static const char *shown_name(const char *where)
{
	const char *at = kf_db_is_url(where) ? strrchr(where, '@') : NULL;

	return at ? at + 1 : where;
}

int kf_ask_fleet(struct kf_fleet **out, const struct kf_arguments *arguments,
		 enum kf_db_use use, const struct kf_crypto *crypto)
{
	const char *where = kf_argument(arguments, "fleet");
	struct kf_fault why = { "", "" };
	enum kf_status status;

	if (!where)
		where = getenv("KEYFIT_FLEET");
	if (!where || !where[0]) {
		kf_say(NULL, "no fleet",
		       "name one: --fleet FLEET, or KEYFIT_FLEET in the environment");
		return KF_EXIT_USAGE;
	}
	status = kf_fleet_open(out, where, use, crypto, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(shown_name(where), status,
						&why);
}

struct kf_fleet_choice kf_ask_choice(const struct kf_arguments *arguments)
{
	struct kf_fleet_choice choice = {
		.group = kf_argument(arguments, "group"),
		.release = kf_argument(arguments, "installed"),
	};

	return choice;
}

void kf_class_name(char out[KF_CLASS_NAME_LEN],
		   const struct kf_fleet_class *class)
{
	const uint8_t *d = class->digest;

	snprintf(out, KF_CLASS_NAME_LEN,
		 "class %02x%02x%02x%02x%02x%02x, %llu device%s", d[0], d[1],
		 d[2], d[3], d[4], d[5], (unsigned long long)class->devices,
		 class->devices == 1 ? "" : "s");
}

void kf_progress(const char *what, uint64_t done, uint64_t all)
{
	static bool shown;
	char line[80];
	int len;

	if (!isatty(STDERR_FILENO))
		return;
	if (all == 0) {
		len = shown ? snprintf(line, sizeof(line), "\r\033[K") : 0;
		shown = false;
	} else {
		len = snprintf(line, sizeof(line), "\r%.50s: %" PRIu64 " %%",
			       what, done * 100 / all);
		shown = true;
	}
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return;		/* nobody looks */
}
