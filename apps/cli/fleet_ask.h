/* The fleet that a command asks about, and how what it holds is shown.
 */
#ifndef KEYFIT_APPS_CLI_FLEET_ASK_H
#define KEYFIT_APPS_CLI_FLEET_ASK_H

#include "options.h"

#include "jobs/fleet/fleet.h"

/* KF_ASK_FLEET, KF_ASK_GROUP, KF_ASK_INSTALLED are lines of a command's
 * options. */
#define KF_ASK_FLEET \
	{ "fleet", KF_VALUE_FILE, "FLEET", false, \
	  "the fleet: a file, or postgresql://...; else $KEYFIT_FLEET" }
#define KF_ASK_GROUP \
	{ "group", KF_VALUE_ANY, "GROUP", false, \
	  "devices of this group alone" }
#define KF_ASK_INSTALLED \
	{ "installed", KF_VALUE_ANY, "RELEASE", false, \
	  "devices that have this release installed alone" }

/* kf_ask_fleet opens the fleet that the command line names, and says what is
 * wrong. Returns an exit status: 0, 2 or 4. Owns: `*out`, until
 * kf_fleet_close. */
KF_MUST int kf_ask_fleet(struct kf_fleet **out,
			 const struct kf_arguments *arguments,
			 enum kf_db_use use, const struct kf_crypto *crypto);

/* kf_ask_choice takes the options that choose devices. */
struct kf_fleet_choice kf_ask_choice(const struct kf_arguments *arguments);

/* kf_class_name names the devices of a class, which answer alike. */
enum { KF_CLASS_NAME_LEN = 100 };
void kf_class_name(char out[KF_CLASS_NAME_LEN],
		   const struct kf_fleet_class *class);

/* kf_progress shows how far long work is, on a terminal alone; `all` 0 ends
 * it. */
void kf_progress(const char *what, uint64_t done, uint64_t all);

/* fleet_show.c: what `keyfit fleet` shows. They return an exit status. */
KF_MUST int kf_fleet_list(struct kf_fleet *fleet,
			  const struct kf_arguments *arguments);
KF_MUST int kf_fleet_show(struct kf_fleet *fleet,
			  const struct kf_arguments *arguments);
KF_MUST int kf_fleet_list_classes(struct kf_fleet *fleet,
				  const struct kf_arguments *arguments);
KF_MUST int kf_fleet_list_releases(struct kf_fleet *fleet,
				   const struct kf_arguments *arguments);
KF_MUST int kf_fleet_export(struct kf_fleet *fleet,
			    const struct kf_arguments *arguments);

#endif
