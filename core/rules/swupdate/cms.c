/* What builds with CMS ask of sw-description.sig. SWUPDATE-5 to SWUPDATE-8.
 *
 * Source: sbabic/swupdate, corelib/swupdate_cms_verify.c
 * (swupdate_verify_file), tag 2022.12.
 */
#include "swupdate.h"

bool swupdate_cms(struct swupdate_case *k)
{
	return swupdate_beyond(k, "a CMS signature");
}
