/* Trees of settings, whoever read them.
 */
#include "config.h"

struct kf_config *kf_config_new(struct kf_config *parent, struct kf_env *env)
{
	struct kf_config *c = kf_arena_take(env->arena, sizeof(*c));

	if (!c)
		return NULL;
	c->parent = parent;
	if (!parent)
		return c;
	if (parent->last)
		parent->last->next = c;
	else
		parent->first = c;
	parent->last = c;
	parent->num++;
	return c;
}

struct kf_config *kf_config_member(const struct kf_config *group,
				   struct kf_bytes name)
{
	struct kf_config *found = NULL;

	if (!group || group->type != KF_CONFIG_GROUP)
		return NULL;
	for (struct kf_config *c = group->first; c; c = c->next)
		if (kf_equal(c->name, name))
			found = c;
	return found;
}
