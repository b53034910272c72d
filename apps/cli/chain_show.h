/* How the paths of a boot are told: for people, or one JSON object a path.
 */
#ifndef KEYFIT_APPS_CLI_CHAIN_SHOW_H
#define KEYFIT_APPS_CLI_CHAIN_SHOW_H

#include "render.h"

#include "host/esp.h"

/* kf_chain_show is what all paths share. `digest` has one a file, and is NULL
 * for people. */
struct kf_chain_show {
	struct kf_render *render;
	const struct kf_device *device;
	const struct kf_esp *esp;
	const struct kf_chain *chain;
	const struct kf_digest *digest;
	struct kf_env *env;		/* where there is no file */
	int64_t at_s;
};

void kf_chain_text(const struct kf_chain_show *show,
		   const struct kf_chain_path *path);
void kf_chain_json(const struct kf_chain_show *show,
		   const struct kf_chain_path *path);

/* kf_chain_first tells people by which option the machine boots. */
void kf_chain_first(const struct kf_chain_show *show);

#endif
