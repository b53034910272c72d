/* The rules, as an installer on a device calls them.
 */
#include "entry.h"

enum kf_answer kf_mcuboot_fits(struct mcuboot_case *k,
			       struct mcuboot_image *image,
			       const struct kf_source *source,
			       struct kf_env *env, int *reason)
{
	k->image = image;
	k->env = env;
	k->run.last = -1;
	k->status = mcuboot_image_read(image, source, env);
	if (k->status == KF_OK)
		mcuboot_boot(k);
	*reason = kf_reason_number(k->run.why.reason);
	return k->status == KF_OK ? k->run.answer : KF_UNDECIDED;
}
