-- ARGV: key lifetime (ms), then the job. Returns the verdict and the id of the job that stands.
local new = arguments(2)
local verdict, id = standing(new.id, new.tenant, new.key, new.digest)
if verdict then return { verdict, id } end
if full(new) then return { 'full', new.id } end
place(new, ARGV[1])
return { 'accepted', new.id }
