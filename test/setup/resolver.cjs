/** Some packages export nothing but an `import` condition; a bare specifier that fails is retried with it. */
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options);
  } catch (error) {
    if (request.startsWith('.') || request.startsWith('/')) throw error;
    const conditions = ['import', 'module', ...(options.conditions ?? [])];
    return options.defaultResolver(request, { ...options, conditions });
  }
};
