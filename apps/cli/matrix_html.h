/* The matrix as one page.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_HTML_H
#define KEYFIT_APPS_CLI_MATRIX_HTML_H

#include "matrix_ends.h"

/* kf_matrix_html writes the page under a name, whole or not at all; "-" is
 * standard output. The cells have names and an order. `ends`, `losses`: NULL
 * where they were not asked for. Fails: as kf_matrix_tell, kf_replace. */
KF_MUST enum kf_status kf_matrix_html(struct kf_matrix *m,
				      const struct kf_ends *ends,
				      const struct kf_losses *losses,
				      const char *path, struct kf_fault *why);

/* kf_html_text writes foreign text for a page: what steers is made visible. */
void kf_html_text(struct kf_output *out, struct kf_bytes text);

#endif
