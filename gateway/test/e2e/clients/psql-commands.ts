/** What users look around with. The same psql prints the same for each, or the same error where it is older than the server. */
export const META: string = String.raw`
\t off
\l
\l+
\dn+
\d
\dt+
\d orders
\d+ orders
\d customers
\d open_orders
\d orders_by_customer
\d orders_id_seq
\di+
\ds
\dv
\dm
\df
\df order_total
\da
\do
\dT+
\dD
\dC
\dc
\dO
\dd
\du
\dp
\ddp
\z orders
\dx
\db
\dA+
\dAc
\dAf
\dAo
\dAp
\dL
\dE
\des
\dew
\det
\dF+
\dFd
\dFp
\dFt
\dP
\dX
\dy
\dRp
\encoding
\dconfig work_mem
`;
