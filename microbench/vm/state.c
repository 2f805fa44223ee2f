/* SPDX-License-Identifier: MIT */
#include "microbench/vm/state.h"

#if HOSTED
struct copy {
	struct vcpu *vcpu;
	struct vcpu_state state;
};

static int save(void *data, struct err *err)
{
	struct copy *copy = data;

	return state_save(copy->vcpu, &copy->state, err);
}

static int restore(void *data, struct err *err)
{
	struct copy *copy = data;

	return state_restore(copy->vcpu, &copy->state, err);
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct copy copy = {.vcpu = &instance->vm->vcpus[0]};
	int rc = save(&copy, err);

	if (rc)
		return rc;
	return host_loop(ctx, ctx->arg[0] ? restore : save, NULL, &copy, err);
}
#endif

BENCHMARK(vm_state,
	.name = "vm/state",
	.title = "saving and restoring all of a vCPU's state",
	.what = "Eight calls each way: what a snapshot, a reset and the last step of a migration spend on each vCPU, "
		"beside its memory.",
	.rows = "104 106",
	.environments = ENV_HOST,
	.axes = {{"what", 0, {{"save", 0}, {"restore", 1}}}},
	.host = host);
